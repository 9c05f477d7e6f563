-- The same for one stage that has rows of its own: by its index, so that the cost follows who is meant, not everybody.
{{campaign_asked}}
FROM member_stage s
JOIN member m ON m.id = s.member_id
WHERE s.stage = :stage_a AND s.member_id > :after
{{campaign_meant}}

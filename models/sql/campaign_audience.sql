-- The members an audience means, with what the gate asks of each; a page of them, by id.
{{campaign_asked}}
FROM member m
LEFT JOIN member_stage s ON s.member_id = m.id
WHERE m.id > :after
  AND {{audience_stages}}
{{campaign_meant}}

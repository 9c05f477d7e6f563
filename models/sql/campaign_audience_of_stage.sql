-- The same for one stage that has rows of its own: by its index, so that the cost follows who is meant, not everybody.
-- The id is the stage's, so that what is asked about it is asked before a member's row is read.
{{campaign_asked}}
FROM (
    SELECT s.member_id AS id, w.follows, w.follow_told_at, w.first_seen_at, w.last_seen_at, w.merged_into_id
    FROM member_stage s
    JOIN member w ON w.id = s.member_id
    WHERE s.stage = :stage_a AND s.member_id > :after
) AS m
WHERE true
{{campaign_meant}}

-- Known members seen again: last_seen only moves forward; a follow state only yields to a newer one.
WITH g AS (
    SELECT json_extract(value, '$.member_id') AS member_id, json_extract(value, '$.told_at') AS told_at,
           json_extract(value, '$.follows') AS follows
    FROM json_each(:seen)
)
UPDATE member
SET last_seen_at = MAX(member.last_seen_at, g.told_at),
    follow_told_at = CASE WHEN g.follows IS NOT NULL
                               AND (member.follow_told_at IS NULL OR member.follow_told_at <= g.told_at)
                          THEN g.told_at ELSE member.follow_told_at END,
    follows = CASE WHEN g.follows IS NOT NULL AND (member.follow_told_at IS NULL OR member.follow_told_at <= g.told_at)
                   THEN g.follows ELSE member.follows END,
    level = CASE WHEN g.follows AND member.level = 'traffic' THEN 'follower' ELSE member.level END,
    updated_at = :now
FROM g
WHERE member.id = g.member_id

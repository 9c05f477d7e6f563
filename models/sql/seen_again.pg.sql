-- Known members seen again: last_seen only moves forward; a follow state only yields to a newer one.
UPDATE member AS m
SET last_seen_at = GREATEST(m.last_seen_at, g.told_at),
    follow_told_at = CASE WHEN g.follows IS NOT NULL AND (m.follow_told_at IS NULL OR m.follow_told_at <= g.told_at)
                          THEN g.told_at ELSE m.follow_told_at END,
    follows = CASE WHEN g.follows IS NOT NULL AND (m.follow_told_at IS NULL OR m.follow_told_at <= g.told_at)
                   THEN g.follows ELSE m.follows END,
    level = CASE WHEN g.follows AND m.level = 'traffic' THEN 'follower' ELSE m.level END,
    updated_at = :now
FROM (SELECT * FROM jsonb_to_recordset(:seen::jsonb) AS r(member_id bigint, told_at timestamptz, follows boolean)) AS g
WHERE m.id = g.member_id

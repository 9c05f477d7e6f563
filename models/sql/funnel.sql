-- Of everybody first seen in the span, by their first source: how many reached each layer, and each pair of neighbours.
WITH people AS (
    SELECT m.id, m.first_source AS source,
           CASE WHEN b.member_id IS NOT NULL OR k.member_id IS NOT NULL THEN 1 ELSE 0 END AS tried,
           CASE WHEN m.registered_at IS NOT NULL THEN 1 ELSE 0 END AS registered,
           CASE WHEN s.member_id IS NOT NULL OR y.member_id IS NOT NULL THEN 1 ELSE 0 END AS loyal
    FROM member m
    LEFT JOIN (SELECT DISTINCT member_id FROM box WHERE confirmed_at IS NOT NULL) b ON b.member_id = m.id
    LEFT JOIN (SELECT DISTINCT member_id FROM booking WHERE state = 'done') k ON k.member_id = m.id
    LEFT JOIN member_stage s ON s.member_id = m.id AND s.stage = 'maturity'
    LEFT JOIN membership y ON y.member_id = m.id AND y.state = 'active'
    WHERE m.merged_into_id IS NULL AND m.first_seen_at >= :since AND m.first_seen_at < :until
)
SELECT source, COUNT(*) AS aware, SUM(tried) AS trial, SUM(registered) AS registered, SUM(loyal) AS loyal,
       SUM(tried * registered) AS trial_registered, SUM(registered * loyal) AS registered_loyal
FROM people GROUP BY source ORDER BY source

-- Lots of which more was spent than was in them, or less than nothing.
SELECT 'lot:' || l.id AS subject, CAST(l.points AS BIGINT) AS wanted, CAST(SUM(s.points) AS BIGINT) AS found
FROM points_spend s JOIN points_lot l ON l.id = s.lot_id
GROUP BY l.id, l.points
HAVING SUM(s.points) < 0 OR SUM(s.points) > CASE WHEN l.points > 0 THEN l.points ELSE 0 END
ORDER BY l.id LIMIT :most

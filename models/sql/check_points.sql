-- Lots whose running total is not what their entries sum to.
SELECT 'lot:' || l.id AS subject, CAST(l.unspent AS BIGINT) AS wanted, CAST(COALESCE(SUM(e.points), 0) AS BIGINT) AS found
FROM points_lot l LEFT JOIN points_entry e ON e.lot_id = l.id
GROUP BY l.id, l.unspent
HAVING COALESCE(SUM(e.points), 0) <> l.unspent
ORDER BY l.id LIMIT :most

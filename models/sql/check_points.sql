-- Lots whose running total is not what their entries sum to, and members whose entries are not what their lots hold.
SELECT subject, CAST(wanted AS BIGINT) AS wanted, CAST(found AS BIGINT) AS found FROM (
  SELECT 'lot:' || l.id AS subject, l.unspent AS wanted, COALESCE(SUM(e.points), 0) AS found
  FROM points_lot l LEFT JOIN points_entry e ON e.lot_id = l.id
  GROUP BY l.id, l.unspent
  UNION ALL
  SELECT 'member:' || member_id, SUM(held), SUM(moved) FROM (
    SELECT member_id, unspent AS held, 0 AS moved FROM points_lot
    UNION ALL
    SELECT member_id, 0, points FROM points_entry
  ) AS both_sides GROUP BY member_id
) AS told WHERE wanted <> found ORDER BY subject LIMIT :most

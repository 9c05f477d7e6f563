-- What members were charged that the ledger does not have as earned: settled boxes (goods, freight, damage), and
-- the goods of paid orders.
SELECT subject, CAST(wanted AS BIGINT) AS wanted, CAST(found AS BIGINT) AS found FROM (
  SELECT 'box:' || b.id AS subject, CASE b.state WHEN 'settled' THEN b.charge_fen ELSE 0 END AS wanted,
    COALESCE(l.earned, 0) AS found
  FROM box b
  LEFT JOIN (
    SELECT box_id, -SUM(amount_fen) AS earned FROM ledger_line
    WHERE box_id IS NOT NULL AND account IN ('sales', 'freight', 'damages') GROUP BY box_id
  ) l ON l.box_id = b.id
  UNION ALL
  SELECT 'order:' || o.id, CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.goods_fen END, COALESCE(l.earned, 0)
  FROM shop_order o
  LEFT JOIN (
    SELECT order_id, -SUM(amount_fen) AS earned FROM ledger_line
    WHERE order_id IS NOT NULL AND account = 'sales' GROUP BY order_id
  ) l ON l.order_id = o.id
) AS charged WHERE wanted <> found ORDER BY subject LIMIT :most

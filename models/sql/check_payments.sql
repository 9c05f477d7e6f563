-- Payments and Pay Score collections that were made and are not booked with their sum, and bookings of what was
-- never made.
SELECT subject, CAST(wanted AS BIGINT) AS wanted, CAST(found AS BIGINT) AS found FROM (
  SELECT 'payment:' || p.out_trade_no AS subject, CASE p.state WHEN 'paid' THEN p.amount_fen ELSE 0 END AS wanted,
    COALESCE(l.amount_fen, 0) AS found
  FROM payment p LEFT JOIN ledger_line l ON l.event = 'paid:' || p.out_trade_no AND l.account = 'wechat'
  UNION ALL
  SELECT 'cover:' || c.out_order_no, CASE WHEN c.transaction_id IS NULL THEN 0 ELSE c.total_fen END,
    COALESCE(l.amount_fen, 0)
  FROM score_cover c LEFT JOIN ledger_line l ON l.event = 'paid:' || c.out_order_no AND l.account = 'wechat'
  UNION ALL
  SELECT 'event:' || l.event, 0, l.amount_fen
  FROM ledger_line l
  WHERE l.account = 'wechat' AND l.event LIKE 'paid:%'
    AND NOT EXISTS (SELECT 1 FROM payment p WHERE l.event = 'paid:' || p.out_trade_no)
    AND NOT EXISTS (SELECT 1 FROM score_cover c WHERE l.event = 'paid:' || c.out_order_no)
) AS booked WHERE wanted <> found ORDER BY subject LIMIT :most

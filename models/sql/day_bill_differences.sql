-- Where WeChat's bill of a day and our rows differ. What WeChat still works on (PROCESSING) differs in nothing.
WITH ours AS (
  SELECT 'payment' AS kind, out_trade_no AS number, amount_fen, state, paid_at AS moved_at FROM payment
  UNION ALL
  SELECT 'payment', c.out_order_no, COALESCE(c.total_fen, 0),
    CASE WHEN c.transaction_id IS NULL THEN 'uncollected' ELSE 'paid' END, l.created_at
  FROM score_cover c
  LEFT JOIN ledger_line l ON l.event = 'paid:' || c.out_order_no AND l.account = 'wechat'
  UNION ALL
  SELECT 'refund', out_refund_no, amount_fen, state, created_at FROM refund
)
SELECT 'theirs_only' AS differs, t.kind, t.number, CAST(NULL AS BIGINT) AS ours_fen, t.amount_fen AS theirs_fen,
  '' AS ours_state, t.state AS theirs_state
FROM day_bill_line t LEFT JOIN ours o ON o.kind = t.kind AND o.number = t.number
WHERE t.day = :day AND o.number IS NULL
UNION ALL
SELECT 'amount_differs', t.kind, t.number, o.amount_fen, t.amount_fen, o.state, t.state
FROM day_bill_line t JOIN ours o ON o.kind = t.kind AND o.number = t.number
WHERE t.day = :day AND o.amount_fen <> t.amount_fen
UNION ALL
SELECT 'state_differs', t.kind, t.number, o.amount_fen, t.amount_fen, o.state, t.state
FROM day_bill_line t JOIN ours o ON o.kind = t.kind AND o.number = t.number
WHERE t.day = :day AND o.state <> CASE
  WHEN t.kind = 'payment' THEN 'paid'
  WHEN t.state = 'SUCCESS' THEN 'done'
  WHEN t.state = 'FAIL' THEN 'failed'
  WHEN t.state = 'CHANGE' THEN 'abnormal'
  ELSE o.state END
UNION ALL
SELECT 'ours_only', o.kind, o.number, o.amount_fen, CAST(NULL AS BIGINT), o.state, ''
FROM ours o LEFT JOIN day_bill_line t ON t.kind = o.kind AND t.number = o.number
WHERE t.number IS NULL AND o.moved_at >= :since AND o.moved_at < :until
  AND o.state IN ('paid', 'accepted', 'done', 'abnormal')
ORDER BY 1, 2, 3

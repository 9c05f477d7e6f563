-- What was paid for `ref`: each payment, and what Pay Score collected of its box, in the order of their ids.
SELECT number, transaction_id, total_fen, purpose FROM (
  SELECT 0 AS kind, id, out_trade_no AS number, COALESCE(transaction_id, '') AS transaction_id, amount_fen AS total_fen, purpose FROM payment
  WHERE ref = :ref AND state = 'paid'
  UNION ALL
  SELECT 1, id, out_order_no, transaction_id, COALESCE(total_fen, 0), 'score' FROM score_cover
  WHERE box_id = :box_id AND transaction_id IS NOT NULL
) ORDER BY kind, id

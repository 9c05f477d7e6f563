-- What was paid for `ref`, each payment and what Pay Score collected of its box, locked in the order of their ids.
WITH paid AS MATERIALIZED (
  SELECT id, out_trade_no, transaction_id, amount_fen, purpose FROM payment
  WHERE ref = :ref AND state = 'paid' ORDER BY id FOR UPDATE
), collected AS MATERIALIZED (
  SELECT id, out_order_no, transaction_id, total_fen FROM score_cover
  WHERE box_id = :box_id AND transaction_id IS NOT NULL ORDER BY id FOR UPDATE
)
SELECT out_trade_no AS number, COALESCE(transaction_id, '') AS transaction_id, amount_fen AS total_fen, purpose FROM paid
UNION ALL
SELECT out_order_no, transaction_id, COALESCE(total_fen, 0), 'score' FROM collected

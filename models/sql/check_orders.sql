-- Shop orders whose lines do not sum to 0.
SELECT 'order:' || order_id AS subject, 0 AS wanted, CAST(SUM(amount_fen) AS BIGINT) AS found
FROM ledger_line WHERE order_id IS NOT NULL GROUP BY order_id HAVING SUM(amount_fen) <> 0 ORDER BY order_id LIMIT :most

-- Boxes whose lines do not sum to 0.
SELECT 'box:' || box_id AS subject, 0 AS wanted, CAST(SUM(amount_fen) AS BIGINT) AS found
FROM ledger_line WHERE box_id IS NOT NULL GROUP BY box_id HAVING SUM(amount_fen) <> 0 ORDER BY box_id LIMIT :most

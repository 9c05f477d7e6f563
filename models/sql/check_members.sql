-- Members whose lines do not sum to 0.
SELECT 'member:' || member_id AS subject, 0 AS wanted, CAST(SUM(amount_fen) AS BIGINT) AS found
FROM ledger_line WHERE member_id IS NOT NULL GROUP BY member_id HAVING SUM(amount_fen) <> 0
ORDER BY member_id LIMIT :most

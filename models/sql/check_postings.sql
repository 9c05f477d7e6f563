-- Postings whose lines do not sum to 0.
SELECT 'event:' || event AS subject, 0 AS wanted, CAST(SUM(amount_fen) AS BIGINT) AS found
FROM ledger_line GROUP BY event HAVING SUM(amount_fen) <> 0 ORDER BY 1 LIMIT :most

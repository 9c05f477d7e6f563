-- Shanghai days whose lines do not sum to 0.
SELECT 'day:' || CAST(day AS TEXT) AS subject, 0 AS wanted, CAST(SUM(amount_fen) AS BIGINT) AS found
FROM ledger_line GROUP BY day HAVING SUM(amount_fen) <> 0 ORDER BY day LIMIT :most

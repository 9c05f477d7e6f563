-- Members whose refunds on their way are not what the ledger says is due to them.
SELECT 'member:' || member_id AS subject, CAST(SUM(owed) AS BIGINT) AS wanted, CAST(SUM(booked) AS BIGINT) AS found
FROM (
  SELECT member_id, amount_fen AS owed, 0 AS booked FROM refund WHERE state <> 'done'
  UNION ALL
  SELECT member_id, 0, -amount_fen FROM ledger_line WHERE account = 'refunds_due' AND member_id IS NOT NULL
) AS both_sides
GROUP BY member_id HAVING SUM(owed) <> SUM(booked) ORDER BY member_id LIMIT :most

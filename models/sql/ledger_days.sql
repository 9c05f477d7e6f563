-- Each Shanghai day's plus, minus and balance of each account.
SELECT CAST(day AS TEXT) AS day, account,
  CAST(SUM(CASE WHEN amount_fen > 0 THEN amount_fen ELSE 0 END) AS BIGINT) AS plus_fen,
  CAST(SUM(CASE WHEN amount_fen < 0 THEN amount_fen ELSE 0 END) AS BIGINT) AS minus_fen
FROM ledger_line
WHERE day >= :first AND day <= :last
GROUP BY day, account
ORDER BY day DESC, account

-- One year's buyers: how many, how much, how many above the sum, and what the top fifth (rounded up) has spent.
WITH spent AS (
    SELECT member_id, SUM(net_fen) AS fen FROM purchase
    WHERE bought_at >= :since AND bought_at < :until
    GROUP BY member_id HAVING SUM(net_fen) > 0
), ranked AS (
    SELECT fen, ROW_NUMBER() OVER (ORDER BY fen DESC, member_id) AS place, COUNT(*) OVER () AS many FROM spent
)
SELECT COUNT(*) AS buyers, SUM(fen) AS total_fen,
       SUM(CASE WHEN fen > :above_fen THEN 1 ELSE 0 END) AS supers,
       SUM(CASE WHEN fen > :above_fen THEN fen ELSE 0 END) AS super_fen,
       SUM(CASE WHEN place <= (many + 4) / 5 THEN 1 ELSE 0 END) AS top_fifth,
       SUM(CASE WHEN place <= (many + 4) / 5 THEN fen ELSE 0 END) AS top_fifth_fen
FROM ranked

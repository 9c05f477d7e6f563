-- The net sums of what a member bought in two half-open spans, less what came back since.
SELECT
  COALESCE(SUM(CASE WHEN bought_at >= :since AND bought_at < :until THEN net_fen END), 0) AS spent_fen,
  COALESCE(SUM(CASE WHEN bought_at >= :year_since AND bought_at < :year_until THEN net_fen END), 0) AS year_fen
FROM purchase WHERE member_id = :member_id

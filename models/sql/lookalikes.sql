-- Members who are not loyal yet (neither in maturity nor with a plan), the most like this year's super users first.
WITH bought AS (
    SELECT member_id, count(*) AS orders, sum(net_fen) AS net_fen,
           sum(CASE WHEN bought_at > :lately_from THEN 1 ELSE 0 END) AS lately
    FROM purchase WHERE net_fen > 0 AND bought_at > :year_from GROUP BY member_id
), held AS (
    SELECT member_id, count(*) AS sessions FROM booking WHERE state = 'done' AND starts_at > :year_from GROUP BY member_id
), facts AS (
    SELECT b.member_id, b.orders, b.net_fen, b.lately, coalesce(h.sessions, 0) AS sessions,
           coalesce(s.stage, 'observation') AS stage, CASE WHEN t.super_year = :year THEN 1 ELSE 0 END AS super
    FROM bought b
    JOIN member m ON m.id = b.member_id AND m.merged_into_id IS NULL
    LEFT JOIN held h ON h.member_id = b.member_id
    LEFT JOIN member_stage s ON s.member_id = b.member_id
    LEFT JOIN member_tier t ON t.member_id = b.member_id
), model AS (
    SELECT count(*) AS people, avg(orders) AS orders, avg(net_fen) AS net_fen, avg(lately) AS lately, avg(sessions) AS sessions
    FROM facts WHERE super = 1
)
SELECT f.member_id, f.stage, f.orders, f.net_fen, f.lately, f.sessions,
       -- What no super user does (an average of nothing) says nothing about likeness, and is left out of the mean.
       (CASE WHEN f.orders >= a.orders THEN 1 ELSE f.orders / a.orders END
        + CASE WHEN f.net_fen >= a.net_fen THEN 1 ELSE f.net_fen / a.net_fen END
        + CASE WHEN a.lately = 0 THEN 0 WHEN f.lately >= a.lately THEN 1 ELSE f.lately / a.lately END
        + CASE WHEN a.sessions = 0 THEN 0 WHEN f.sessions >= a.sessions THEN 1 ELSE f.sessions / a.sessions END)
       / (2.0 + CASE WHEN a.lately = 0 THEN 0 ELSE 1 END + CASE WHEN a.sessions = 0 THEN 0 ELSE 1 END) AS likeness,
       a.orders AS model_orders, a.net_fen AS model_net_fen, a.lately AS model_lately, a.sessions AS model_sessions
FROM facts f CROSS JOIN model a
WHERE a.people > 0 AND f.super = 0 AND f.stage <> 'maturity'
  AND NOT EXISTS (SELECT 1 FROM membership y WHERE y.member_id = f.member_id AND y.state = 'active')
ORDER BY likeness DESC, f.member_id
LIMIT :count

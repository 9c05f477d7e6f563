-- What the rules ask of a member's purchases; what came back whole is none.
SELECT member_id, max(bought_at) AS last_at,
       count(*) FILTER (WHERE bought_at > :maturity_from) AS maturity_orders,
       sum(net_fen) FILTER (WHERE bought_at > :maturity_from) AS maturity_fen,
       min(bought_at) FILTER (WHERE bought_at > :maturity_from) AS maturity_oldest_at,
       count(*) FILTER (WHERE bought_at > :growth_from) AS growth_orders,
       sum(net_fen) FILTER (WHERE bought_at > :growth_from) AS growth_fen,
       min(bought_at) FILTER (WHERE bought_at > :growth_from) AS growth_oldest_at
FROM purchase
WHERE net_fen > 0 AND bought_at <= :now

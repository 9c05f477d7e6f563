-- What the receivers each channel reached did in the seven days after.
SELECT c.channel, count(*) AS members, count(*) FILTER (WHERE f.orders > 0) AS ordered,
       coalesce(sum(f.net_fen), 0)::bigint AS net_fen
FROM care_message c
CROSS JOIN LATERAL (
    SELECT count(*) AS orders, sum(p.net_fen) AS net_fen FROM purchase p
    WHERE p.member_id = c.member_id AND p.net_fen > 0 AND p.bought_at > c.sent_at
      AND p.bought_at <= c.sent_at + interval '7 days') f
WHERE c.occurrence = :occurrence AND c.state = 'sent'
GROUP BY c.channel ORDER BY c.channel

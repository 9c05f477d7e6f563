-- What the receivers each channel reached did in the seven days after.
WITH people AS (
    SELECT c.channel, count(p.id) AS orders, sum(p.net_fen) AS net_fen
    FROM care_message c
    LEFT JOIN purchase p ON p.member_id = c.member_id AND p.net_fen > 0 AND p.bought_at > c.sent_at
        AND p.bought_at <= date(substr(c.sent_at, 1, 10), '7 days') || substr(c.sent_at, 11)
    WHERE c.occurrence = :occurrence AND c.state = 'sent'
    GROUP BY c.channel, c.member_id
)
SELECT channel, count(*) AS members, count(*) FILTER (WHERE orders > 0) AS ordered, coalesce(sum(net_fen), 0) AS net_fen
FROM people
GROUP BY channel ORDER BY channel

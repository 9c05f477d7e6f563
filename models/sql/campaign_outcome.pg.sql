-- What each group did in the seven days after its message left (the control group: would have left).
SELECT grp, count(*) AS members, count(*) FILTER (WHERE orders > 0) AS ordered, coalesce(sum(net_fen), 0)::bigint AS net_fen,
       count(*) FILTER (WHERE orders > 0 AND NOT before) AS first_orders,
       count(*) FILTER (WHERE orders > 0 AND before AND NOT lately) AS returned
FROM (
    SELECT CASE WHEN c.state = 'sent' THEN c.edition ELSE '' END AS grp, f.orders, f.net_fen,
           EXISTS (SELECT 1 FROM purchase b WHERE b.member_id = c.member_id AND b.net_fen > 0
                   AND b.bought_at <= coalesce(c.sent_at, c.send_at)) AS before,
           EXISTS (SELECT 1 FROM purchase b WHERE b.member_id = c.member_id AND b.net_fen > 0
                   AND b.bought_at <= coalesce(c.sent_at, c.send_at)
                   AND b.bought_at > coalesce(c.sent_at, c.send_at) - :silent_days::int * interval '1 day') AS lately
    FROM care_message c
    CROSS JOIN LATERAL (
        SELECT count(*) AS orders, sum(p.net_fen) AS net_fen FROM purchase p
        WHERE p.member_id = c.member_id AND p.net_fen > 0 AND p.bought_at > coalesce(c.sent_at, c.send_at)
          AND p.bought_at <= coalesce(c.sent_at, c.send_at) + interval '7 days') f
    WHERE c.occurrence = :occurrence AND (c.state = 'sent' OR (c.state = 'skipped' AND c.reason = 'holdout'))
) people
GROUP BY grp

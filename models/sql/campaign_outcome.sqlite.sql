-- What each group did in the seven days after its message left (the control group: would have left).
WITH told AS (
    SELECT c.member_id, CASE WHEN c.state = 'sent' THEN c.edition ELSE '' END AS grp,
           coalesce(c.sent_at, c.send_at) AS at
    FROM care_message c
    WHERE c.occurrence = :occurrence AND (c.state = 'sent' OR (c.state = 'skipped' AND c.reason = 'holdout'))
), people AS (
    SELECT t.grp, count(p.id) AS orders, sum(p.net_fen) AS net_fen,
           EXISTS (SELECT 1 FROM purchase b
                   WHERE b.member_id = t.member_id AND b.net_fen > 0 AND b.bought_at <= t.at) AS before,
           EXISTS (SELECT 1 FROM purchase b
                   WHERE b.member_id = t.member_id AND b.net_fen > 0 AND b.bought_at <= t.at
                   AND b.bought_at > date(substr(t.at, 1, 10), '-' || :silent_days || ' days') || substr(t.at, 11)) AS lately
    FROM told t
    LEFT JOIN purchase p ON p.member_id = t.member_id AND p.net_fen > 0 AND p.bought_at > t.at
        AND p.bought_at <= date(substr(t.at, 1, 10), '7 days') || substr(t.at, 11)
    GROUP BY t.member_id, t.grp
)
SELECT grp, count(*) AS members, count(*) FILTER (WHERE orders > 0) AS ordered, coalesce(sum(net_fen), 0) AS net_fen,
       count(*) FILTER (WHERE orders > 0 AND NOT before) AS first_orders,
       count(*) FILTER (WHERE orders > 0 AND before AND NOT lately) AS returned
FROM people
GROUP BY grp

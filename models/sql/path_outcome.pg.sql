-- What each group of those who entered a path did in the days after entering.
SELECT grp, count(*) AS members,
       count(*) FILTER (WHERE orders > 0 AND NOT before) AS first_orders,
       count(*) FILTER (WHERE orders > 0) AS orders,
       count(*) FILTER (WHERE orders > 0 AND before AND NOT lately) AS returned,
       coalesce(sum(net_fen), 0)::bigint AS net_fen,
       count(*) FILTER (WHERE attended) AS attended,
       count(*) FILTER (WHERE renewed) AS renewed,
       count(*) FILTER (WHERE opined) AS opinions
FROM (
    SELECT CASE WHEN e.told THEN 'told' WHEN e.held THEN 'control' ELSE 'untold' END AS grp, f.orders, f.net_fen,
           EXISTS (SELECT 1 FROM purchase b WHERE b.member_id = e.member_id AND b.net_fen > 0 AND b.bought_at <= e.at) AS before,
           EXISTS (SELECT 1 FROM purchase b WHERE b.member_id = e.member_id AND b.net_fen > 0 AND b.bought_at <= e.at
                   AND b.bought_at > e.at - :silent_days::int * interval '1 day') AS lately,
           EXISTS (SELECT 1 FROM booking k WHERE k.member_id = e.member_id AND k.state = 'done'
                   AND e.occurrence = 'booking:' || k.id) AS attended,
           EXISTS (SELECT 1 FROM membership y WHERE y.member_id = e.member_id AND y.state NOT IN ('wanted', 'cancelled')
                   AND e.occurrence = 'membership:' || y.follows_id) AS renewed,
           EXISTS (SELECT 1 FROM opinion o WHERE o.member_id = e.member_id AND o.created_at > e.at
                   AND o.created_at <= e.at + :days::int * interval '1 day') AS opined
    FROM (
        SELECT member_id, occurrence, min(created_at) AS at, bool_or(state = 'sent') AS told, bool_or(reason = 'holdout') AS held
        FROM care_message
        WHERE path <> 'campaign' AND path = :path AND version = :version AND created_at >= :since
        GROUP BY member_id, occurrence) e
    CROSS JOIN LATERAL (
        SELECT count(*) AS orders, sum(p.net_fen) AS net_fen FROM purchase p
        WHERE p.member_id = e.member_id AND p.net_fen > 0 AND p.bought_at > e.at
          AND p.bought_at <= e.at + :days::int * interval '1 day') f
) people
GROUP BY grp

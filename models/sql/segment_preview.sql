-- By stage: how many an audience means, how many of them can be told, and how that differs from another audience.
WITH both_of AS (
    SELECT m.id, 1 AS now_in, 0 AS was_in FROM member m
    LEFT JOIN member_stage s ON s.member_id = m.id
    WHERE {{audience_stages}}
    {{audience_meant}}
    UNION ALL
    SELECT m.id, 0, 1 FROM member m
    LEFT JOIN member_stage s ON s.member_id = m.id
    WHERE :compared = 1 AND {{old_:audience_stages}}
    {{old_:audience_meant}}
), one_each AS (
    SELECT id, max(now_in) AS now_in, max(was_in) AS was_in FROM both_of GROUP BY id
)
SELECT coalesce(s.stage, 'observation') AS stage, sum(e.now_in) AS members,
       sum(CASE WHEN e.now_in = 1 AND m.follows THEN 1 ELSE 0 END) AS following,
       sum(CASE WHEN e.now_in = 1 AND coalesce((
           SELECT c.given FROM consent c WHERE c.member_id = m.id AND c.purpose = 'promotion'
           ORDER BY c.created_at DESC, c.id DESC LIMIT 1), false) THEN 1 ELSE 0 END) AS consented,
       sum(CASE WHEN e.now_in = 1 AND e.was_in = 1 THEN 1 ELSE 0 END) AS stay,
       sum(CASE WHEN e.now_in = 1 AND e.was_in = 0 THEN 1 ELSE 0 END) AS come,
       sum(CASE WHEN e.now_in = 0 THEN 1 ELSE 0 END) AS leave
FROM one_each e
JOIN member m ON m.id = e.id
LEFT JOIN member_stage s ON s.member_id = e.id
GROUP BY coalesce(s.stage, 'observation')
ORDER BY 1

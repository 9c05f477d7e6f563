-- What became of `people`: who registered, bought, bought again, and was still seen so many days later.
bought AS (
    SELECT p.id, COUNT(u.id) AS orders, SUM(u.net_fen) AS fen
    FROM people p JOIN purchase u ON u.member_id = p.id AND u.net_fen > 0 GROUP BY p.id
)
SELECT p.month, p.source, p.scene, COUNT(*) AS members,
       SUM(CASE WHEN p.registered_at IS NOT NULL THEN 1 ELSE 0 END) AS registered,
       SUM(CASE WHEN b.orders >= 1 THEN 1 ELSE 0 END) AS buyers,
       SUM(CASE WHEN b.orders >= 2 THEN 1 ELSE 0 END) AS again,
       CAST(COALESCE(SUM(b.fen), 0) AS BIGINT) AS net_fen,
       SUM(CASE WHEN p.age >= 30 THEN 1 ELSE 0 END) AS old_30,
       SUM(CASE WHEN p.age >= 30 AND p.stayed >= 30 THEN 1 ELSE 0 END) AS kept_30,
       SUM(CASE WHEN p.age >= 90 THEN 1 ELSE 0 END) AS old_90,
       SUM(CASE WHEN p.age >= 90 AND p.stayed >= 90 THEN 1 ELSE 0 END) AS kept_90,
       SUM(CASE WHEN p.age >= 365 THEN 1 ELSE 0 END) AS old_365,
       SUM(CASE WHEN p.age >= 365 AND p.stayed >= 365 THEN 1 ELSE 0 END) AS kept_365
FROM people p LEFT JOIN bought b ON b.id = p.id
GROUP BY p.month, p.source, p.scene
ORDER BY p.month, p.source, p.scene

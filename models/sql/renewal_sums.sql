-- Renewed: a paid period that began at the end or within the days of grace after it. Open: those days still run.
       COUNT(*) AS ended,
       SUM(CASE WHEN n.id IS NOT NULL THEN 1 ELSE 0 END) AS renewed,
       SUM(CASE WHEN n.id IS NULL AND y.ends_at > :grace_from THEN 1 ELSE 0 END) AS still_open
FROM membership y
LEFT JOIN membership n ON n.id = (
    SELECT MIN(f.id) FROM membership f
    WHERE f.member_id = y.member_id AND f.id > y.id AND f.state IN ('active', 'queued', 'ended')
      AND f.starts_at >= y.ends_at AND f.starts_at < {{grace_end}})
WHERE y.ends_at >= :since AND y.ends_at < :until AND y.state IN ('active', 'ended')
GROUP BY 1, y.plan ORDER BY 1, y.plan

-- Quota counters that are not what their lines say: a unit is held, then used, then perhaps given back.
SELECT subject, CAST(wanted AS BIGINT) AS wanted, CAST(found AS BIGINT) AS found FROM (
  SELECT 'quota:' || q.id || ':' || c.name AS subject,
    CASE c.name WHEN 'held' THEN COALESCE(e.held, 0) ELSE COALESCE(e.used, 0) END AS wanted,
    CASE c.name WHEN 'held' THEN q.held ELSE q.used END AS found
  FROM quota_counter q
  LEFT JOIN (
    SELECT counter_id,
      SUM(CASE WHEN taken = 1 AND spent = 0 AND back = 0 THEN 1 ELSE 0 END) AS held,
      SUM(CASE WHEN spent = 1 AND back = 0 THEN 1 ELSE 0 END) AS used
    FROM (
      SELECT counter_id, ref, MAX(CASE step WHEN 'hold' THEN 1 ELSE 0 END) AS taken,
        MAX(CASE step WHEN 'use' THEN 1 ELSE 0 END) AS spent, MAX(CASE step WHEN 'restore' THEN 1 ELSE 0 END) AS back
      FROM quota_entry GROUP BY counter_id, ref
    ) AS units GROUP BY counter_id
  ) e ON e.counter_id = q.id
  CROSS JOIN (SELECT 'held' AS name UNION ALL SELECT 'used') c
) AS columns_of WHERE wanted <> found ORDER BY subject LIMIT :most

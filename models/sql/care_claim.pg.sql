-- Lease the most important messages that are due; rows another worker is about to take are left to it.
-- From one priority down to the next by the index: what is planned for later is not walked over.
WITH RECURSIVE level AS (
    SELECT max(priority) AS priority FROM care_message WHERE state = 'planned'
    UNION ALL
    SELECT (SELECT max(c.priority) FROM care_message c WHERE c.state = 'planned' AND c.priority < l.priority)
    FROM level l WHERE l.priority IS NOT NULL
), picked AS (
    SELECT c.id FROM level l CROSS JOIN LATERAL (
        SELECT id FROM care_message
        WHERE state = 'planned' AND priority = l.priority AND send_at <= :now
          AND (lease_until IS NULL OR lease_until <= :now)
        ORDER BY send_at, id LIMIT :count FOR NO KEY UPDATE SKIP LOCKED) AS c
    LIMIT :count
)
UPDATE care_message SET lease_until = :lease_until
WHERE id IN (SELECT id FROM picked)
RETURNING id, priority, send_at

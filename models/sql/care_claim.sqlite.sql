-- Lease the most important messages that are due.
UPDATE care_message SET lease_until = :lease_until
WHERE id IN (
    SELECT id FROM care_message
    WHERE state = 'planned' AND send_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
    ORDER BY priority DESC, send_at, id
    LIMIT :count)
RETURNING id, priority, send_at

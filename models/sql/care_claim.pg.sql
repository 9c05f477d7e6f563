-- Lease the most important messages that are due; rows another worker is about to take are left to it.
UPDATE care_message SET lease_until = :lease_until
WHERE id IN (
    SELECT id FROM care_message
    WHERE state = 'planned' AND send_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
    ORDER BY priority DESC, send_at, id
    LIMIT :count
    FOR UPDATE SKIP LOCKED)
RETURNING id, priority, send_at

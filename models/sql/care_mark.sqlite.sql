-- These messages, locked and judged, are about to be sent.
UPDATE care_message
SET state = 'sending', attempts = attempts + 1, sent_at = :now, reason = '', lease_until = :lease_until, updated_at = :now
WHERE id IN (SELECT value FROM json_each(:ids))

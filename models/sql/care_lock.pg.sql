-- The messages that are still planned, locked with their members; what somebody else is at is left out, not waited for.
SELECT c.id FROM care_message c JOIN member m ON m.id = c.member_id
WHERE c.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids) AS value) AND c.state = 'planned'
FOR NO KEY UPDATE OF c, m SKIP LOCKED

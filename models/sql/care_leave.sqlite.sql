-- Not now, or not at all: each with its reason, and when it is looked at again.
UPDATE care_message AS c
SET state = r.value ->> 'state', reason = r.value ->> 'reason', send_at = coalesce(r.value ->> 'send_at', c.send_at),
    lease_until = NULL, updated_at = :now
FROM json_each(:rows) AS r
WHERE c.id = r.value ->> 'id'

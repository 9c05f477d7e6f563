-- Not now, or not at all: each with its reason, and when it is looked at again.
UPDATE care_message AS c
SET state = r.state, reason = r.reason, send_at = coalesce(r.send_at, c.send_at), lease_until = NULL, updated_at = :now
FROM jsonb_to_recordset(:rows) AS r (id bigint, state text, reason text, send_at timestamptz)
WHERE c.id = r.id

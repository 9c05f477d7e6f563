-- Handled: the reply is kept for repeats, the payload is forgotten.
UPDATE inbound_event AS i
SET reply = d.reply, handled_at = :now, payload = '{}', failure = d.failure, attempts = i.attempts + 1, updated_at = :now
FROM jsonb_to_recordset(:done::jsonb) AS d(id bigint, reply text, failure text)
WHERE i.id = d.id AND i.handled_at IS NULL
  AND i.id = ANY (ARRAY (SELECT (e ->> 'id')::bigint FROM jsonb_array_elements(:done::jsonb) AS e))

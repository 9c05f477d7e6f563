-- Handled: the reply is kept for repeats, the payload is forgotten.
UPDATE inbound_event
SET reply = d.reply, handled_at = :now, payload = '{}', failure = d.failure, attempts = inbound_event.attempts + 1,
    updated_at = :now
FROM (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.reply') AS reply,
             json_extract(value, '$.failure') AS failure FROM json_each(:done)) AS d
WHERE inbound_event.id = d.id AND inbound_event.handled_at IS NULL

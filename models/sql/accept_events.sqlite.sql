-- Store each event once; the fresh ones come back.
INSERT INTO inbound_event (source, external_id, kind, payload, attempts, failure, created_at)
SELECT json_extract(value, '$.source'), json_extract(value, '$.external_id'), json_extract(value, '$.kind'),
       json_extract(value, '$.payload'), 0, '', :now
FROM json_each(:events)
WHERE true
ON CONFLICT (source, external_id) DO NOTHING
RETURNING id, source, external_id

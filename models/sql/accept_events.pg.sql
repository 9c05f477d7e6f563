-- Store each event once, in one order, so that two processes never deadlock; the fresh ones come back.
INSERT INTO inbound_event (source, external_id, kind, payload, attempts, failure, created_at)
SELECT source, external_id, kind, payload, 0, '', :now::timestamptz
FROM jsonb_to_recordset(:events::jsonb) AS e(source text, external_id text, kind text, payload jsonb)
ORDER BY source, external_id
ON CONFLICT (source, external_id) DO NOTHING
RETURNING id, source, external_id

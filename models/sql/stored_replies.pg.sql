-- The rows of events that came again: their reply, once they are handled.
SELECT i.id, i.source, i.external_id, CASE WHEN i.handled_at IS NOT NULL THEN i.reply END AS reply
FROM jsonb_to_recordset(:events::jsonb) AS e(source text, external_id text)
JOIN inbound_event AS i ON i.source = e.source AND i.external_id = e.external_id

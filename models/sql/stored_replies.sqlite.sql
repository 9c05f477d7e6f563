-- The rows of events that came again: their reply, once they are handled.
SELECT i.id, i.source, i.external_id, CASE WHEN i.handled_at IS NOT NULL THEN i.reply END AS reply
FROM json_each(:events) AS e
JOIN inbound_event AS i
  ON i.source = json_extract(e.value, '$.source') AND i.external_id = json_extract(e.value, '$.external_id')

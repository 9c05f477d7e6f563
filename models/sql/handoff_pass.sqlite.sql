-- Chats nobody answered in time go on, each once: an answer or another worker in between leaves it alone.
UPDATE handoff
SET state = 'waiting', staff_id = NULL, offered_to = s.offered_to, tried = s.tried, passes = handoff.passes + 1,
    due_at = :due_at, updated_at = :now
FROM (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.passes') AS passes,
             json_extract(value, '$.offered_to') AS offered_to, json_extract(value, '$.tried') AS tried
      FROM json_each(:steps)) AS s
WHERE handoff.id = s.id AND handoff.passes = s.passes AND handoff.state <> 'closed' AND handoff.due_at <= :now
RETURNING handoff.id, handoff.openid, handoff.offered_to

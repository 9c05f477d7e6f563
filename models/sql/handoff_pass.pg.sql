-- Chats nobody answered in time go on, each once: an answer or another worker in between leaves it alone.
UPDATE handoff AS h
SET state = 'waiting', staff_id = NULL, offered_to = s.offered_to, tried = s.tried, passes = h.passes + 1,
    due_at = :due_at::timestamptz, updated_at = :now::timestamptz
FROM jsonb_to_recordset(:steps::jsonb) AS s(id bigint, passes int, offered_to bigint, tried jsonb)
WHERE h.id = s.id AND h.passes = s.passes AND h.state <> 'closed' AND h.due_at <= :now::timestamptz
RETURNING h.id, h.openid, h.offered_to

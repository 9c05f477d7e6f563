-- Where a conversation stands after a turn, and its turn is free; a turn that was lost changes nothing.
-- A person who took the chat meanwhile keeps it: only the desk gives back.
DO UPDATE
SET owner = CASE WHEN old.owner = 'bot' THEN EXCLUDED.owner ELSE old.owner END,
    form = EXCLUDED.form, unclear = EXCLUDED.unclear, last_said_at = EXCLUDED.last_said_at,
    updated_at = EXCLUDED.created_at, turn_event_id = NULL, turn_until = NULL
WHERE old.turn_event_id = EXCLUDED.turn_event_id
RETURNING openid, owner

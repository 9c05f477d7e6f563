-- Take the turn in a conversation that is there; one whose turn is taken elsewhere does not come back.
DO UPDATE
SET member_id = EXCLUDED.member_id, turn_event_id = EXCLUDED.turn_event_id, turn_until = EXCLUDED.turn_until
WHERE old.turn_event_id IS NULL OR old.turn_until <= EXCLUDED.created_at
RETURNING openid, owner, form, unclear, last_said_at

-- Take the turn in a conversation that is there; one whose turn is taken elsewhere, or for whom an earlier line
-- still waits, does not come back.
DO UPDATE
SET member_id = EXCLUDED.member_id, turn_event_id = EXCLUDED.turn_event_id, turn_until = EXCLUDED.turn_until,
    waiting_event_id = NULL, waiting_until = NULL
WHERE (old.turn_event_id IS NULL OR old.turn_until <= EXCLUDED.created_at)
  AND (old.waiting_event_id IS NULL OR old.waiting_event_id >= EXCLUDED.turn_event_id
    OR old.waiting_until <= EXCLUDED.created_at)
RETURNING openid, owner, form, unclear, last_said_at

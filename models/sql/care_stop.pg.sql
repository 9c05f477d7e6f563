-- Everything about one thing that is not sent yet is set aside; the messages come back.
WITH dropped AS (
  UPDATE path_turn SET state = 'dropped', outcome = :reason, updated_at = :now::timestamptz
  WHERE occurrence = :occurrence AND state = 'waiting'
)
UPDATE care_message SET state = 'skipped', reason = :reason, updated_at = :now::timestamptz
WHERE occurrence = :occurrence AND state = 'planned'
RETURNING id

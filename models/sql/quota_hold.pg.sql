-- One unit is held for `ref`; a row comes back only where one was left.
WITH held AS (
  UPDATE quota_counter SET held = held + 1, updated_at = :now::timestamptz
  WHERE id = ({{quota_of}}) AND granted > held + used RETURNING id
)
INSERT INTO quota_entry (counter_id, step, reason, ref, created_at)
SELECT id, 'hold', :reason, :ref, :now::timestamptz FROM held RETURNING counter_id

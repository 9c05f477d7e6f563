-- One unit is held for `ref`; a row comes back only where one was left.
UPDATE quota_counter SET held = held + 1, updated_at = :now WHERE id = ({{quota_of}}) AND granted > held + used;
INSERT INTO quota_entry (counter_id, step, reason, ref, created_at)
SELECT ({{quota_of}}), 'hold', :reason, :ref, :now WHERE changes() = 1;
SELECT counter_id FROM quota_entry WHERE changes() = 1 AND id = last_insert_rowid()

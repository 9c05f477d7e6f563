-- Plan messages; one that was set aside because its thing had moved comes back when it moves back.
INSERT INTO care_message (member_id, path, version, anchor_at, step, occurrence, edition, message_class, priority, send_at,
                          useful_until, state, reason, channel, tried, attempts, created_at)
SELECT r.member_id, r.path, r.version, r.anchor_at, r.step, r.occurrence, r.edition, r.message_class, r.priority, r.send_at,
       r.useful_until, 'planned', '', '', '[]', 0, :now
FROM jsonb_to_recordset(:rows) AS r (
    member_id bigint, path text, version int, anchor_at timestamptz, step text, occurrence text, edition text, message_class text, priority int,
    send_at timestamptz, useful_until timestamptz)
ON CONFLICT (member_id, step, occurrence, edition) DO UPDATE
SET state = 'planned', reason = '', version = excluded.version, anchor_at = excluded.anchor_at,
    message_class = excluded.message_class, priority = excluded.priority, send_at = excluded.send_at, useful_until = excluded.useful_until,
    lease_until = NULL, updated_at = excluded.created_at
WHERE care_message.state = 'skipped' AND care_message.reason = 'moved'

-- Plan messages; one that was set aside because its thing had moved comes back when it moves back.
INSERT INTO care_message (member_id, path, version, anchor_at, step, occurrence, edition, message_class, priority, send_at,
                          useful_until, state, reason, channel, tried, attempts, created_at)
SELECT r.value ->> 'member_id', r.value ->> 'path', r.value ->> 'version', r.value ->> 'anchor_at', r.value ->> 'step', r.value ->> 'occurrence', r.value ->> 'edition',
       r.value ->> 'message_class', r.value ->> 'priority', r.value ->> 'send_at',
       r.value ->> 'useful_until', 'planned', '', '', '[]', 0, :now
FROM json_each(:rows) AS r
WHERE true
ON CONFLICT (member_id, step, occurrence, edition) DO UPDATE
SET state = 'planned', reason = '', version = excluded.version, anchor_at = excluded.anchor_at,
    message_class = excluded.message_class, priority = excluded.priority, send_at = excluded.send_at, useful_until = excluded.useful_until,
    lease_until = NULL, updated_at = excluded.created_at
WHERE care_message.state = 'skipped' AND care_message.reason = 'moved'

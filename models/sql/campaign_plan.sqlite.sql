-- One row per receiver and per member of the control group; again, nothing.
INSERT INTO care_message (member_id, path, step, occurrence, edition, message_class, priority, send_at,
                          useful_until, state, reason, channel, tried, attempts, created_at)
SELECT r.value ->> 'm', 'campaign', :occurrence, :occurrence, r.value ->> 'v', 'promotion', :priority, r.value ->> 's',
       :useful_until, CASE WHEN r.value ->> 'h' THEN 'skipped' ELSE :state END,
       CASE WHEN r.value ->> 'h' THEN 'holdout' ELSE '' END, '', '[]', 0, :now
FROM json_each(:rows) AS r
WHERE true
ON CONFLICT (member_id, step, occurrence, edition) DO NOTHING

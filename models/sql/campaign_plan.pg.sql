-- One row per receiver and per member of the control group; again, nothing.
INSERT INTO care_message (member_id, path, step, occurrence, edition, message_class, priority, send_at,
                          useful_until, state, reason, channel, tried, attempts, created_at)
SELECT r.m, 'campaign', :occurrence, :occurrence, r.v, 'promotion', :priority, r.s, :useful_until,
       CASE WHEN r.h THEN 'skipped' ELSE :state END, CASE WHEN r.h THEN 'holdout' ELSE '' END, '', '[]', 0, :now
FROM jsonb_to_recordset(:rows) AS r (m bigint, v text, s timestamptz, h boolean)
ON CONFLICT (member_id, step, occurrence, edition) DO NOTHING

-- What became of messages that were being sent; one whose lease was lost meanwhile is somebody else's.
UPDATE care_message AS c
SET state = r.value ->> 'state', reason = r.value ->> 'reason', channel = r.value ->> 'channel',
    tried = r.value -> 'tried', attempts = r.value ->> 'attempts', send_at = coalesce(r.value ->> 'send_at', c.send_at),
    sent_at = CASE WHEN r.value ->> 'may_be_seen' THEN c.sent_at END, lease_until = NULL, updated_at = :now
FROM json_each(:rows) AS r
WHERE c.id = r.value ->> 'id' AND c.state = 'sending' AND c.lease_until = r.value ->> 'lease'
RETURNING id

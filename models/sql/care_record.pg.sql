-- What became of messages that were being sent; one whose lease was lost meanwhile is somebody else's.
UPDATE care_message AS c
SET state = r.state, reason = r.reason, channel = r.channel, tried = r.tried, attempts = r.attempts,
    send_at = coalesce(r.send_at, c.send_at), sent_at = CASE WHEN r.may_be_seen THEN c.sent_at END,
    lease_until = NULL, updated_at = :now
FROM jsonb_to_recordset(:rows) AS r (id bigint, lease timestamptz, state text, reason text, channel text, tried jsonb,
                                     attempts int, send_at timestamptz, may_be_seen boolean)
WHERE c.id = r.id AND c.state = 'sending' AND c.lease_until = r.lease
RETURNING c.id

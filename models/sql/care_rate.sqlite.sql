-- Take permits: the account is busy for `span` seconds more; how long to wait for the first of them.
INSERT INTO send_pace (account, free_at, created_at)
VALUES (:account, (julianday('now') - 2440587.5) * 86400 + :span, :created)
ON CONFLICT (account) DO UPDATE
SET free_at = max(send_pace.free_at, (julianday('now') - 2440587.5) * 86400) + :span
RETURNING free_at - :span - (julianday('now') - 2440587.5) * 86400 AS wait

-- Take permits: the account is busy for `span` seconds more; how long to wait for the first of them.
INSERT INTO send_pace AS old (account, free_at, created_at)
VALUES (:account, extract(epoch FROM clock_timestamp()) + :span::float8, :created)
ON CONFLICT (account) DO UPDATE
SET free_at = greatest(old.free_at, extract(epoch FROM clock_timestamp())) + :span::float8
RETURNING free_at - :span::float8 - extract(epoch FROM clock_timestamp()) AS wait

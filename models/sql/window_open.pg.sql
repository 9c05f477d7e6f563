-- A new act opens its window afresh; an older act that is told late changes nothing.
INSERT INTO reply_window (openid, trigger, left_count, expires_at, created_at)
SELECT a.openid, a.trigger, a.count, a.expires_at, :now
FROM jsonb_to_recordset(:acts) AS a (openid text, trigger text, count int, expires_at timestamptz)
ORDER BY a.openid, a.trigger
ON CONFLICT (openid, trigger) DO UPDATE
SET left_count = excluded.left_count, expires_at = excluded.expires_at, updated_at = excluded.created_at
WHERE reply_window.expires_at <= excluded.expires_at

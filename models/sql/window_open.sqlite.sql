-- A new act opens its window afresh; an older act that is told late changes nothing.
INSERT INTO reply_window (openid, trigger, left_count, expires_at, created_at)
SELECT a.value ->> 'openid', a.value ->> 'trigger', a.value ->> 'count', a.value ->> 'expires_at', :now
FROM json_each(:acts) AS a
WHERE true
ON CONFLICT (openid, trigger) DO UPDATE
SET left_count = excluded.left_count, expires_at = excluded.expires_at, updated_at = excluded.created_at
WHERE reply_window.expires_at <= excluded.expires_at

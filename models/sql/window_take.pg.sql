-- Take one message from the live window that lapses soonest.
UPDATE reply_window SET left_count = left_count - 1, updated_at = :now
WHERE id = (
    SELECT id FROM reply_window
    WHERE openid = :openid AND expires_at > :now AND left_count > 0
    ORDER BY expires_at, id LIMIT 1 FOR UPDATE)
RETURNING id, expires_at

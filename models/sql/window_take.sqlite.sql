-- Take one message of each follower's live window that lapses soonest.
UPDATE reply_window SET left_count = left_count - 1, updated_at = :now
WHERE id IN (
    SELECT (SELECT id FROM reply_window
            WHERE openid = a.value AND expires_at > :now AND left_count > 0
            ORDER BY expires_at, id LIMIT 1)
    FROM json_each(:openids) AS a)
RETURNING id, openid, expires_at

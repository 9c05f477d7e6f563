-- Take one message of each follower's live window that lapses soonest.
UPDATE reply_window SET left_count = left_count - 1, updated_at = :now
WHERE id IN (
    SELECT w.id FROM jsonb_array_elements_text(:openids) AS a (openid)
    CROSS JOIN LATERAL (
        SELECT id FROM reply_window
        WHERE openid = a.openid AND expires_at > :now AND left_count > 0
        ORDER BY expires_at, id LIMIT 1 FOR NO KEY UPDATE) AS w)
RETURNING id, openid, expires_at

-- Empty the lots whose lapse was just written down (SQLite only: one writer, so they are the same ones).
UPDATE points_lot SET unspent = 0, updated_at = :now
WHERE id IN (
    SELECT id FROM points_lot WHERE unspent > 0 AND expires_at <= :now ORDER BY expires_at, id LIMIT :count)

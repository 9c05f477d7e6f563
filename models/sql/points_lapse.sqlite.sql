-- Entries for lots whose end has passed; points_lapse_empty empties the same ones in the same transaction.
INSERT INTO points_entry (member_id, lot_id, points, reason, ref, created_at)
SELECT member_id, id, -unspent, 'expired', strftime('%Y%m%d%H%M', expires_at, '+8 hours'), :now
FROM points_lot
WHERE unspent > 0 AND expires_at <= :now
ORDER BY expires_at, id LIMIT :count
RETURNING id

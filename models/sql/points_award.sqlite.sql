-- One lot with its first entry, once per cause: a row comes back only when it was not awarded before.
INSERT INTO points_lot (member_id, points, unspent, usable_at, expires_at, reason, ref, created_at)
VALUES (:member_id, :points, :points, :usable_at, :expires_at, :reason, :ref, :now)
ON CONFLICT (member_id, reason, ref) DO NOTHING;
INSERT INTO points_entry (lot_id, member_id, points, reason, ref, created_at)
SELECT id, member_id, points, reason, ref, created_at FROM points_lot WHERE changes() = 1 AND id = last_insert_rowid();
SELECT lot_id FROM points_entry WHERE changes() = 1 AND id = last_insert_rowid()

-- One lot, once per cause: a row comes back only when it was not awarded before.
INSERT INTO points_lot (member_id, points, unspent, usable_at, expires_at, reason, ref, created_at)
VALUES (:member_id, :points, :points, :usable_at, :expires_at, :reason, :ref, :now)
ON CONFLICT (member_id, reason, ref) DO NOTHING
RETURNING id

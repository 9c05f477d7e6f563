-- A session with its unit, its quarters and its history, in one transaction: whole, or not at all.
-- Without a unit nothing is written and no row comes back; a quarter that is taken is refused by its unique key.
UPDATE quota_counter SET held = held + 1, updated_at = :now WHERE id = :counter_id AND granted > held + used;
INSERT INTO booking (
  member_id, stylist_id, starts_at, ends_at, mode, state, counter_id, quota_ref, skill, occasion, budget_fen,
  wish, notes, moves, sequence, uid, objection, created_at)
SELECT :member_id, :stylist_id, :starts_at, :ends_at, :mode, 'booked', :counter_id, '', :skill, :occasion, :budget_fen,
  :wish, '', 0, 0, :uid, '', :now
WHERE changes() = 1;
UPDATE booking SET quota_ref = 'booking:' || id WHERE uid = :uid;
INSERT INTO booking_cell (stylist_id, quarter, booking_id, created_at)
SELECT :stylist_id, q.value, b.id, :now FROM booking b, json_each(:quarters) AS q WHERE b.uid = :uid;
INSERT INTO quota_entry (counter_id, step, reason, ref, created_at)
SELECT counter_id, 'hold', 'booked', quota_ref, :now FROM booking WHERE uid = :uid;
INSERT INTO history (noun, row_id, old, new, who, why, created_at)
SELECT 'booking', id, 'held', 'booked', 'member:' || :member_id, '', :now FROM booking WHERE uid = :uid;
SELECT id FROM booking WHERE uid = :uid

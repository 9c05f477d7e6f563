-- A session with its unit, its quarters and its history in one statement: whole, or not at all.
-- Without a unit nothing is written and no row comes back; a quarter that is taken is refused by its unique key.
WITH unit AS (
  UPDATE quota_counter SET held = held + 1, updated_at = :now::timestamptz
  WHERE id = :counter_id::bigint AND granted > held + used RETURNING id
), fresh AS (
  SELECT nextval(pg_get_serial_sequence('booking', 'id')) AS id FROM unit
), placed AS (
  INSERT INTO booking (
    id, member_id, stylist_id, starts_at, ends_at, mode, state, counter_id, quota_ref, skill, occasion, budget_fen,
    wish, notes, moves, sequence, uid, objection, created_at)
  SELECT id, :member_id::bigint, :stylist_id::bigint, :starts_at::timestamptz, :ends_at::timestamptz, :mode, 'booked',
    :counter_id::bigint, 'booking:' || id, :skill, :occasion, :budget_fen::bigint, :wish, '', 0, 0, :uid, '',
    :now::timestamptz
  FROM fresh RETURNING id
), cells AS (
  INSERT INTO booking_cell (stylist_id, quarter, booking_id, created_at)
  SELECT :stylist_id::bigint, q.value::int, placed.id, :now::timestamptz
  FROM placed, jsonb_array_elements_text(:quarters::jsonb) AS q ORDER BY q.value::int
), line AS (
  INSERT INTO quota_entry (counter_id, step, reason, ref, created_at)
  SELECT :counter_id::bigint, 'hold', 'booked', 'booking:' || id, :now::timestamptz FROM placed
), told AS (
  INSERT INTO history (noun, row_id, old, new, who, why, created_at)
  SELECT 'booking', id, 'held', 'booked', 'member:' || :member_id::bigint, '', :now::timestamptz FROM placed
)
SELECT id FROM placed

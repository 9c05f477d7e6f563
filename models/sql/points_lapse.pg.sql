-- Lots whose end has passed lose what they hold, and an entry says so; one that is being given back to is left.
WITH due AS (
    SELECT id, member_id, unspent, expires_at FROM points_lot
    WHERE unspent > 0 AND expires_at <= :now
    ORDER BY expires_at LIMIT :count
    FOR UPDATE SKIP LOCKED
), emptied AS (
    UPDATE points_lot AS l SET unspent = 0, updated_at = :now FROM due WHERE l.id = due.id
), told AS (
    INSERT INTO points_entry (member_id, lot_id, points, reason, ref, created_at)
    SELECT member_id, id, -unspent, 'expired',
           to_char(expires_at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDDHH24MI'), :now
    FROM due
    RETURNING 1
)
SELECT count(*) AS lapsed FROM told

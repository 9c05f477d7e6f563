-- What members can spend, what is pending, and what lapses next; debts count and never lapse.
WITH live AS (
    SELECT member_id, unspent, usable_at, expires_at FROM points_lot
    WHERE member_id {{of_members}}
      AND unspent <> 0 AND (unspent < 0 OR expires_at > :now)
), soonest AS (
    SELECT member_id, MIN(expires_at) AS next_at FROM live WHERE unspent > 0 AND usable_at <= :now GROUP BY member_id
)
SELECT l.member_id,
       COALESCE(SUM(CASE WHEN l.usable_at <= :now THEN l.unspent END), 0) AS usable,
       COALESCE(SUM(CASE WHEN l.usable_at > :now THEN l.unspent END), 0) AS pending,
       s.next_at,
       SUM(CASE WHEN l.expires_at = s.next_at AND l.unspent > 0 AND l.usable_at <= :now THEN l.unspent END) AS next_points
FROM live AS l LEFT JOIN soonest AS s ON s.member_id = l.member_id
GROUP BY l.member_id, s.next_at

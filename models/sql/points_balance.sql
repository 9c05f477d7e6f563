-- What members can spend, what is pending, and what lapses next; debts count and never lapse. The lots are read
-- once and added up by the day they lapse.
WITH days AS (
    SELECT member_id, expires_at,
           SUM(CASE WHEN usable_at <= :now THEN unspent END) AS usable,
           SUM(CASE WHEN usable_at > :now THEN unspent END) AS pending,
           SUM(CASE WHEN usable_at <= :now AND unspent > 0 THEN unspent END) AS lapses
    FROM points_lot
    WHERE member_id {{of_members}}
      AND unspent <> 0 AND (unspent < 0 OR expires_at > :now)
    GROUP BY member_id, expires_at
), soonest AS (
    SELECT member_id, MIN(expires_at) AS next_at FROM days WHERE lapses > 0 GROUP BY member_id
)
SELECT d.member_id, COALESCE(SUM(d.usable), 0) AS usable, COALESCE(SUM(d.pending), 0) AS pending, s.next_at,
       SUM(CASE WHEN d.expires_at = s.next_at THEN d.lapses END) AS next_points
FROM days AS d LEFT JOIN soonest AS s ON s.member_id = d.member_id
GROUP BY d.member_id, s.next_at

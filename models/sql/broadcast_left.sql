-- Followers by how many of a month's places they have used.
SELECT coalesce(b.taken, 0) AS taken, count(*) AS members
FROM member m LEFT JOIN broadcast_place b ON b.member_id = m.id AND b.month = :month
WHERE m.follows AND m.merged_into_id IS NULL
GROUP BY coalesce(b.taken, 0)
ORDER BY 1

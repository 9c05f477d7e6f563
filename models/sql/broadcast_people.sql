-- Followers with how many of a month's places they have used; a page of them, by id.
SELECT m.id AS member_id, coalesce(b.taken, 0) AS taken
FROM member m LEFT JOIN broadcast_place b ON b.member_id = m.id AND b.month = :month
WHERE m.follows AND m.merged_into_id IS NULL AND m.id > :after AND (:taken < 0 OR coalesce(b.taken, 0) = :taken)
ORDER BY m.id
LIMIT :count

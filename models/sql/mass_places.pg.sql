-- How many of a month's places these members have used.
SELECT b.member_id, b.taken FROM broadcast_place b
WHERE b.month = :month AND b.member_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:members) AS value)

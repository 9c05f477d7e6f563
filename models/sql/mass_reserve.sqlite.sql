-- A place of the month for each of these members who has one left; who got one.
INSERT INTO broadcast_place (member_id, month, taken, created_at)
SELECT value, :month, 1, :now FROM json_each(:members)
WHERE :allowance > 0
ON CONFLICT (member_id, month) DO UPDATE SET taken = broadcast_place.taken + 1, updated_at = EXCLUDED.created_at
WHERE broadcast_place.taken < :allowance
RETURNING member_id

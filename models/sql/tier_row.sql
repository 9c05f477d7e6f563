-- The member's row, locked, and made where there was none: changing nothing is what locks it.
INSERT INTO member_tier (member_id, local, matched, created_at) VALUES (:member_id, 1, 0, :now)
ON CONFLICT (member_id) DO UPDATE SET member_id = excluded.member_id
RETURNING *

-- Since when a member has been one of their own; no row for one that was merged away.
SELECT created_at FROM member WHERE id = :member_id AND merged_into_id IS NULL

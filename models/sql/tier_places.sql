-- Where members stand in the tiers; who never rose has no row.
SELECT member_id, local, matched, super_year FROM member_tier WHERE member_id {{of_members}}

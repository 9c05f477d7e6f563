-- The three newest refunds of each member, the newest first.
SELECT member_id, amount_fen, state, COALESCE(done_at, created_at) AS at
FROM (
    SELECT id, member_id, amount_fen, state, done_at, created_at,
           ROW_NUMBER() OVER (PARTITION BY member_id ORDER BY id DESC) AS place
    FROM refund WHERE member_id {{of_members}}
) AS newest
WHERE place <= 3
ORDER BY id DESC

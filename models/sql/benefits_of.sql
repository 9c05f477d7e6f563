-- The running plan of each member and where they stand in the tiers.
SELECT m.id AS member_id, t.local, t.matched,
       (SELECT plan FROM membership p WHERE p.member_id = m.id AND p.state = 'active' AND p.starts_at <= :now
          AND p.ends_at > :now LIMIT 1) AS plan
FROM member m LEFT JOIN member_tier t ON t.member_id = m.id
WHERE m.id {{of_members}}

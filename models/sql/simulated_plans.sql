-- Plan periods and matched levels of the same members.
SELECT m.member_id, m.plan, m.starts_at, m.ends_at, 0 AS matched FROM membership m
WHERE m.member_id > :after AND m.member_id <= :upto AND m.starts_at IS NOT NULL AND m.ends_at > :since
  AND m.state IN ('active', 'ended')
UNION ALL
SELECT t.member_id, '', NULL, NULL, t.matched FROM member_tier t
WHERE t.member_id > :after AND t.member_id <= :upto AND t.matched > 0

-- The counter of the membership period in which a service takes place.
SELECT c.id FROM quota_counter c JOIN membership m ON m.id = c.membership_id
WHERE m.member_id = :member_id AND m.state IN ('active', 'queued') AND m.starts_at <= :takes_place_at
  AND m.ends_at > :takes_place_at AND c.kind = :kind
ORDER BY c.id LIMIT 1

-- The quotas of the membership period of each member that runs now.
SELECT m.member_id, q.kind, q.granted, q.held, q.used, m.ends_at
FROM membership AS m JOIN quota_counter AS q ON q.membership_id = m.id
WHERE m.member_id {{of_members}} AND m.state = 'active'
ORDER BY q.kind DESC

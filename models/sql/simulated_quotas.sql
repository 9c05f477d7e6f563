-- How many periods that ran since an instant used so many units of each quota.
SELECT m.plan, q.kind, q.used + q.held AS used, count(*) AS periods
FROM quota_counter q JOIN membership m ON m.id = q.membership_id
WHERE m.starts_at IS NOT NULL AND m.ends_at > :since AND m.state IN ('active', 'ended')
GROUP BY m.plan, q.kind, q.used + q.held

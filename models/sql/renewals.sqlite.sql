-- Membership periods that ended in the span, by the month in Shanghai and the plan: whether another one followed.
SELECT strftime('%Y-%m', y.ends_at, '+8 hours', '-1 second') AS month, y.plan,
{{renewal_sums}}

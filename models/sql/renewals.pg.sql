-- Membership periods that ended in the span, by the month in Shanghai and the plan: whether another one followed.
SELECT to_char((y.ends_at - interval '1 second') AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, y.plan,
{{renewal_sums}}

-- Only what differs, or has to be looked at again, is written. Whole days are added to the date alone,
-- so that the instant keeps its microseconds.
SELECT member_id, old, old_look, stage,
       CASE WHEN ended THEN 'unfollowed' WHEN stage IN ('maturity', 'growth') THEN 'bought' WHEN stage = 'observation' THEN 'new'
            WHEN last_at IS NULL THEN 'never_bought' ELSE 'silent' END,
       nullif(min(
           coalesce(date(substr(maturity_oldest_at, 1, 10), :maturity_days || ' days') || substr(maturity_oldest_at, 11), '~'),
           coalesce(date(substr(growth_oldest_at, 1, 10), :growth_days || ' days') || substr(growth_oldest_at, 11), '~'),
           CASE WHEN last_at > :maturity_last_from
                THEN date(substr(last_at, 1, 10), :maturity_last_days || ' days') || substr(last_at, 11) ELSE '~' END,
           CASE WHEN last_at > :growth_last_from
                THEN date(substr(last_at, 1, 10), :growth_last_days || ' days') || substr(last_at, 11) ELSE '~' END,
           CASE WHEN joined_at > :new_from
                THEN date(substr(joined_at, 1, 10), :new_days || ' days') || substr(joined_at, 11) ELSE '~' END), '~')
FROM differs

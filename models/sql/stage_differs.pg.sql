-- Only what differs, or has to be looked at again, is written.
SELECT member_id, old, old_look, stage,
       CASE WHEN ended THEN 'unfollowed' WHEN stage IN ('maturity', 'growth') THEN 'bought' WHEN stage = 'observation' THEN 'new'
            WHEN last_at IS NULL THEN 'never_bought' ELSE 'silent' END,
       LEAST(maturity_oldest_at + :maturity_days * interval '1 day',
             growth_oldest_at + :growth_days * interval '1 day',
             CASE WHEN last_at > :maturity_last_from THEN last_at + :maturity_last_days * interval '1 day' END,
             CASE WHEN last_at > :growth_last_from THEN last_at + :growth_last_days * interval '1 day' END,
             CASE WHEN joined_at > :new_from THEN joined_at + :new_days * interval '1 day' END)
FROM verdict
WHERE fresh OR old <> stage OR old_look <= :now OR :every_look = 1

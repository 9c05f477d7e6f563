-- domain/stage.standing for many at once: the first rule that matches wins, decline is the rest.
SELECT m.id AS member_id,
       {{stage_joined}} AS joined_at, {{stage_ended}} AS ended, s.member_id IS NULL AS fresh, s.stage AS old,
       s.look_at AS old_look, f.last_at, f.maturity_oldest_at, f.growth_oldest_at,
       CASE
           WHEN {{stage_ended}} THEN 'decline'
           WHEN f.last_at > :maturity_last_from AND f.maturity_orders >= :maturity_orders
                AND f.maturity_fen >= :maturity_fen THEN 'maturity'
           WHEN f.last_at > :growth_last_from AND f.growth_orders >= :growth_orders
                AND f.growth_fen >= :growth_fen THEN 'growth'
           WHEN f.last_at IS NULL AND {{stage_joined}} > :new_from THEN 'observation'
           ELSE 'decline'
       END AS stage
FROM member m

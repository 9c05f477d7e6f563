-- domain/stage.standing for many at once, asked of an index for one after the other, and no more than decides.
SELECT m.id AS member_id,
       {{stage_joined}} AS joined_at, {{stage_ended}} AS ended, s.member_id IS NULL AS fresh, s.stage AS old,
       s.look_at AS old_look,
       (SELECT max(p.bought_at) {{stage_bought}}) AS last_at,
       (SELECT min(p.bought_at) {{stage_bought}} AND p.bought_at > :maturity_from) AS maturity_oldest_at,
       (SELECT min(p.bought_at) {{stage_bought}} AND p.bought_at > :growth_from) AS growth_oldest_at,
       CASE
           WHEN {{stage_ended}} THEN 'decline'
           -- One look at the index settles it for whoever has not bought lately, and that is nearly everybody.
           WHEN NOT EXISTS (SELECT 1 {{stage_bought}} AND p.bought_at > min(:maturity_last_from, :growth_last_from))
               THEN CASE WHEN {{stage_joined}} > :new_from AND NOT EXISTS (SELECT 1 {{stage_bought}})
                         THEN 'observation' ELSE 'decline' END
           WHEN EXISTS (SELECT 1 {{stage_bought}} AND p.bought_at > :maturity_last_from)
                AND (SELECT count(*) {{stage_bought}} AND p.bought_at > :maturity_from) >= :maturity_orders
                AND (:maturity_fen = 0
                     OR (SELECT sum(p.net_fen) {{stage_bought}} AND p.bought_at > :maturity_from) >= :maturity_fen)
               THEN 'maturity'
           WHEN EXISTS (SELECT 1 {{stage_bought}} AND p.bought_at > :growth_last_from)
                AND (SELECT count(*) {{stage_bought}} AND p.bought_at > :growth_from) >= :growth_orders
                AND (:growth_fen = 0
                     OR (SELECT sum(p.net_fen) {{stage_bought}} AND p.bought_at > :growth_from) >= :growth_fen)
               THEN 'growth'
           ELSE 'decline'
       END AS stage
FROM member m

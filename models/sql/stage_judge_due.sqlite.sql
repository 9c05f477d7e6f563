-- Judge the members whose stage may have changed by now, the longest due first.
INSERT INTO stage_due (member_id, old, old_look, stage, reason, look_at)
WITH verdict AS (
    {{stage_verdict}}
    JOIN (SELECT member_id, stage, look_at FROM member_stage WHERE look_at <= :now ORDER BY look_at LIMIT :count) s
         ON s.member_id = m.id
), differs AS MATERIALIZED (
    SELECT * FROM verdict WHERE fresh OR old <> stage OR old_look <= :now OR :every_look = 1
)
{{stage_differs}}

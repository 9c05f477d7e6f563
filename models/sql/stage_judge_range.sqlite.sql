-- Judge the members of one range of ids.
INSERT INTO stage_due (member_id, old, old_look, stage, reason, look_at)
WITH verdict AS (
    {{stage_verdict}}
    LEFT JOIN member_stage s ON s.member_id = m.id
    WHERE m.id > :after AND m.id <= :upto AND m.merged_into_id IS NULL
), differs AS MATERIALIZED (
    SELECT * FROM verdict WHERE fresh OR old <> stage OR old_look <= :now OR :every_look = 1
)
{{stage_differs}}

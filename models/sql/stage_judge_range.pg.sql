-- Judge the members of one range of ids.
INSERT INTO stage_due (member_id, old, old_look, stage, reason, look_at)
WITH facts AS (
    {{stage_facts}} AND member_id > :after AND member_id <= :upto
    GROUP BY member_id
), verdict AS (
    {{stage_verdict}}
    LEFT JOIN facts f ON f.member_id = m.id
    LEFT JOIN member_stage s ON s.member_id = m.id AND s.member_id > :after AND s.member_id <= :upto
    WHERE m.id > :after AND m.id <= :upto AND m.merged_into_id IS NULL
)
{{stage_differs}}

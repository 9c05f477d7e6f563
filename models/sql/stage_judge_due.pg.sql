-- Judge the members whose stage may have changed by now, the longest due first.
INSERT INTO stage_due (member_id, old, old_look, stage, reason, look_at)
WITH scope AS (
    SELECT member_id, stage, look_at FROM member_stage WHERE look_at <= :now ORDER BY look_at LIMIT :count
), facts AS (
    {{stage_facts}} AND member_id IN (SELECT member_id FROM scope)
    GROUP BY member_id
), verdict AS (
    {{stage_verdict}}
    JOIN scope s ON s.member_id = m.id
    LEFT JOIN facts f ON f.member_id = m.id
)
{{stage_differs}}

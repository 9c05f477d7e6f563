-- Where everybody would stand under these rules, beside where they stand.
WITH facts AS (
    {{stage_facts}}
    GROUP BY member_id
), verdict AS (
    {{stage_verdict}}
    LEFT JOIN facts f ON f.member_id = m.id
    LEFT JOIN member_stage s ON s.member_id = m.id
    WHERE m.merged_into_id IS NULL
)
SELECT coalesce(old, 'observation') AS old, stage AS new, count(*) AS members
FROM verdict
GROUP BY coalesce(old, 'observation'), stage
ORDER BY 1, 2

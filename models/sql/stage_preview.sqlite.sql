-- Where everybody would stand under these rules, beside where they stand.
WITH verdict AS (
    {{stage_verdict}}
    LEFT JOIN member_stage s ON s.member_id = m.id
    WHERE m.merged_into_id IS NULL
)
SELECT coalesce(old, 'observation') AS old, stage AS new, count(*) AS members
FROM verdict
GROUP BY coalesce(old, 'observation'), stage
ORDER BY 1, 2

-- Those of some members whom an audience means.
SELECT m.id FROM member m
LEFT JOIN member_stage s ON s.member_id = m.id
WHERE m.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:members) AS value)
  AND {{audience_stages}}
{{audience_meant}}

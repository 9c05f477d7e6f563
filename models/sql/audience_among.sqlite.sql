-- Those of some members whom an audience means.
SELECT m.id FROM member m
LEFT JOIN member_stage s ON s.member_id = m.id
WHERE m.id IN (SELECT value FROM json_each(:members))
  AND {{audience_stages}}
{{audience_meant}}

-- Whom an audience means, beside the stages; a page of them, by id.
{{audience_meant}}
ORDER BY m.id
LIMIT :count

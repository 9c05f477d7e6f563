-- When these members' promotions went out, or may have, lately; and the planned ones that are more important.
SELECT c.member_id, c.sent_at, c.send_at, c.priority, c.state
FROM care_message c
WHERE c.member_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:members) AS value)
  AND c.message_class = 'promotion' AND c.occurrence <> :occurrence
  AND ((c.state IN ('sent', 'sending', 'unknown') AND c.sent_at > :since)
       OR (c.state = 'planned' AND c.priority > :priority
           AND NOT EXISTS (SELECT 1 FROM campaign s WHERE s.state = 'paused' AND c.occurrence = 'campaign:' || s.id)))

-- The followers one call names.
SELECT (SELECT i.openid FROM identity i WHERE i.member_id = c.member_id AND i.appid = :appid
        ORDER BY i.id DESC LIMIT 1) AS openid
FROM care_message c
WHERE c.occurrence = :occurrence AND c.state = 'sending' AND c.reason = :reason
ORDER BY c.id

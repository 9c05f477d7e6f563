-- Whose hand may carry a letter to a member: their stylist's before their guide's, with an open account that has them
-- as a contact in WeCom.
SELECT u.id AS staff_id, u.wecom_userid AS userid, c.external_userid
FROM member m
LEFT JOIN stylist s ON s.id = m.stylist_id AND s.active
LEFT JOIN guide_binding g ON g.member_id = m.id
JOIN staff_user u ON u.id IN (s.staff_id, g.staff_id) AND u.active
JOIN wecom_contact c ON c.member_id = m.id AND c.userid = u.wecom_userid AND c.ended_at IS NULL
WHERE m.id = :member_id
ORDER BY CASE WHEN u.id = s.staff_id THEN 0 ELSE 1 END, c.told_at DESC LIMIT 1

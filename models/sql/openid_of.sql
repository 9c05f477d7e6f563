-- The member's newest openid under one of our accounts.
SELECT openid FROM identity WHERE member_id = :member_id AND appid = :appid ORDER BY id DESC LIMIT 1

-- Whose names these are.
SELECT json_extract(n.value, '$.appid') AS appid, json_extract(n.value, '$.openid') AS openid,
       (SELECT i.member_id FROM identity AS i
        WHERE i.appid = json_extract(n.value, '$.appid') AND i.openid = json_extract(n.value, '$.openid')) AS member_id
FROM json_each(:names) AS n

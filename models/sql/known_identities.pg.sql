-- Whose names these are. Asked one by one inside the statement: the plan stays an index's, however few rows
-- the table had when it was made.
SELECT n.appid, n.openid,
       (SELECT i.member_id FROM identity AS i WHERE i.appid = n.appid AND i.openid = n.openid) AS member_id
FROM jsonb_to_recordset(:names::jsonb) AS n(appid text, openid text)

-- Contacts that were read, of members only; what was told since the reading began is newer and stays.
INSERT INTO wecom_contact (member_id, external_userid, userid, told_at, created_at)
SELECT m.id, r.e, r.u, :read_at, :read_at
FROM jsonb_to_recordset(:rows) AS r (e text, u text, n text) JOIN member m ON m.unionid = r.n
ON CONFLICT (external_userid, userid) DO UPDATE
SET member_id = excluded.member_id, told_at = excluded.told_at, ended_at = NULL, updated_at = excluded.told_at
WHERE wecom_contact.told_at <= excluded.told_at

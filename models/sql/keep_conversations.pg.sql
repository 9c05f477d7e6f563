-- Where each conversation stands after a turn.
INSERT INTO conversation (openid, member_id, owner, form, unclear, last_said_at, created_at, updated_at)
SELECT openid, member_id, owner, form, unclear, :now::timestamptz, :now::timestamptz, :now::timestamptz
FROM jsonb_to_recordset(:talks::jsonb)
     AS t(openid text, member_id bigint, owner text, form jsonb, unclear int)
ORDER BY openid
ON CONFLICT (openid) DO UPDATE
SET member_id = EXCLUDED.member_id, owner = EXCLUDED.owner, form = EXCLUDED.form, unclear = EXCLUDED.unclear,
    last_said_at = EXCLUDED.last_said_at, updated_at = EXCLUDED.updated_at

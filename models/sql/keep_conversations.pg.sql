-- Where each conversation stands after a turn. A person who took the chat meanwhile keeps it: only the desk gives back.
INSERT INTO conversation (openid, member_id, owner, form, unclear, last_said_at, created_at, updated_at)
SELECT openid, member_id, owner, form, unclear, :now::timestamptz, :now::timestamptz, :now::timestamptz
FROM jsonb_to_recordset(:talks::jsonb)
     AS t(openid text, member_id bigint, owner text, form jsonb, unclear int)
ORDER BY openid
ON CONFLICT (openid) DO UPDATE
SET member_id = EXCLUDED.member_id,
    owner = CASE WHEN conversation.owner = 'bot' THEN EXCLUDED.owner ELSE conversation.owner END,
    form = EXCLUDED.form, unclear = EXCLUDED.unclear,
    last_said_at = EXCLUDED.last_said_at, updated_at = EXCLUDED.updated_at
RETURNING openid, owner

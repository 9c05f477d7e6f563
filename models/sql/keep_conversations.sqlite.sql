-- Where each conversation stands after a turn. A person who took the chat meanwhile keeps it: only the desk gives back.
INSERT INTO conversation (openid, member_id, owner, form, unclear, last_said_at, created_at, updated_at)
SELECT json_extract(value, '$.openid'), json_extract(value, '$.member_id'), json_extract(value, '$.owner'),
       json_extract(value, '$.form'), json_extract(value, '$.unclear'), :now, :now, :now
FROM json_each(:talks)
WHERE true
ON CONFLICT (openid) DO UPDATE
SET member_id = excluded.member_id,
    owner = CASE WHEN conversation.owner = 'bot' THEN excluded.owner ELSE conversation.owner END,
    form = excluded.form, unclear = excluded.unclear,
    last_said_at = excluded.last_said_at, updated_at = excluded.updated_at
RETURNING openid, owner

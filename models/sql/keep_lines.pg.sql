-- What was said, in the order in which it was said.
INSERT INTO chat_line (openid, side, text, intent, created_at)
SELECT openid, side, text, intent, :now::timestamptz
FROM jsonb_to_recordset(:lines::jsonb) AS l(openid text, side text, text text, intent text)

-- What was said, in the order in which it was said.
INSERT INTO chat_line (openid, side, text, intent, flagged, created_at)
SELECT openid, side, text, intent, flagged, :now::timestamptz
FROM jsonb_to_recordset(:lines::jsonb) AS l(openid text, side text, text text, intent text, flagged boolean)

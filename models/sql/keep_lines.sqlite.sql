-- What was said, in the order in which it was said.
INSERT INTO chat_line (openid, side, text, intent, flagged, created_at)
SELECT json_extract(value, '$.openid'), json_extract(value, '$.side'), json_extract(value, '$.text'),
       json_extract(value, '$.intent'), json_extract(value, '$.flagged'), :now
FROM json_each(:lines)

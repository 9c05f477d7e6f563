-- Each piece's share of the bill.
UPDATE box_item i SET net_fen = l.net_fen, updated_at = :now::timestamptz
FROM jsonb_to_recordset(:lines::jsonb) AS l(id bigint, net_fen bigint) WHERE i.id = l.id

-- Each piece's share of the bill.
UPDATE box_item i SET net_fen = l.net_fen, updated_at = :now::timestamptz
FROM jsonb_to_recordset(:lines::jsonb) AS l(id bigint, net_fen bigint)
-- Found by their ids, however many lines the planner takes a list to have.
WHERE i.id = ANY (ARRAY (SELECT (line ->> 'id')::bigint FROM jsonb_array_elements(:lines::jsonb) AS line)) AND i.id = l.id

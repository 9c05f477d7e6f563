-- Each piece's share of the bill.
UPDATE box_item SET net_fen = json_extract(l.value, '$.net_fen'), updated_at = :now
FROM json_each(:lines) AS l WHERE box_item.id = json_extract(l.value, '$.id')

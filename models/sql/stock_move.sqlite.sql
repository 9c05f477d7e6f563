-- Move stock by signed counts per piece; an id comes back only where there was enough.
UPDATE sku SET
  received = received + :received * l.quantity, on_hand = on_hand + :on_hand * l.quantity,
  reserved = reserved + :reserved * l.quantity, sold = sold + :sold * l.quantity,
  lost = lost + :lost * l.quantity, updated_at = :now
FROM (
  SELECT json_extract(value, '$.sku_id') AS sku_id, json_extract(value, '$.quantity') AS quantity FROM json_each(:lines)
) AS l
WHERE sku.id = l.sku_id
  AND on_hand + :on_hand * l.quantity >= 0 AND reserved + :reserved * l.quantity >= 0
  AND sold + :sold * l.quantity >= 0 AND lost + :lost * l.quantity >= 0
  AND NOT (retired AND :reserved > 0)
RETURNING id

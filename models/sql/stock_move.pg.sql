-- Move stock by signed counts per piece; an id comes back only where there was enough. Locked by rising id, and
-- not against those who only refer to the piece: their entries of the same transaction do.
WITH locked AS MATERIALIZED (
  SELECT s.id, l.quantity FROM sku s
  JOIN jsonb_to_recordset(:lines::jsonb) AS l(sku_id bigint, quantity int) ON l.sku_id = s.id
  ORDER BY s.id FOR NO KEY UPDATE OF s
)
UPDATE sku s SET
  received = s.received + :received::int * l.quantity, on_hand = s.on_hand + :on_hand::int * l.quantity,
  reserved = s.reserved + :reserved::int * l.quantity, sold = s.sold + :sold::int * l.quantity,
  lost = s.lost + :lost::int * l.quantity, updated_at = :now::timestamptz
FROM locked l
WHERE s.id = l.id
  AND s.on_hand + :on_hand::int * l.quantity >= 0 AND s.reserved + :reserved::int * l.quantity >= 0
  AND s.sold + :sold::int * l.quantity >= 0 AND s.lost + :lost::int * l.quantity >= 0
  AND NOT (s.retired AND :reserved::int > 0)
RETURNING s.id

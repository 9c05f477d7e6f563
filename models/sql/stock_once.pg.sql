-- Movements of pieces, each once per cause: a row comes back only for what was not written before.
INSERT INTO stock_entry (sku_id, step, quantity, ref, created_at)
SELECT sku_id, :step, quantity, ref, :now::timestamptz
FROM jsonb_to_recordset(:lines::jsonb) AS l(sku_id bigint, quantity int, ref text)
ORDER BY sku_id, ref
ON CONFLICT (sku_id, step, ref) DO NOTHING
RETURNING sku_id, quantity

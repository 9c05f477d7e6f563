-- Movements of pieces, each once per cause: a row comes back only for what was not written before.
INSERT INTO stock_entry (sku_id, step, quantity, ref, created_at)
SELECT json_extract(value, '$.sku_id'), :step, json_extract(value, '$.quantity'), json_extract(value, '$.ref'), :now
FROM json_each(:lines) WHERE true
ON CONFLICT (sku_id, step, ref) DO NOTHING
RETURNING sku_id, quantity

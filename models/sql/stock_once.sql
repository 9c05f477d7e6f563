-- One movement of one piece, once per cause: a row comes back only when it was not written before.
INSERT INTO stock_entry (sku_id, step, quantity, ref, created_at)
VALUES (:sku_id, :step, :quantity, :ref, :now)
ON CONFLICT (sku_id, step, ref) DO NOTHING
RETURNING id

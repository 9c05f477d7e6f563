-- An order with all that hangs on it, in one transaction: whole, or not at all.
-- A cart that changed makes member_id null, a coupon that is not open coupon_fen, an address that is not hers
-- address_sealed, and these refuse nulls;
-- stock, drops and caps are refused by their CHECKs.
INSERT INTO shop_order (
  number, member_id, state, gross_fen, coupon_fen, goods_fen, freight_fen, total_fen, stored_fen, refunded_fen,
  member_coupon_id, priority, points_percent, address_sealed, expires_at, paid_at, created_at)
SELECT :number,
  CASE WHEN :cart_version IS NULL THEN :member_id
  ELSE (SELECT member_id FROM cart WHERE member_id = :member_id AND version = :cart_version) END, :state, :gross_fen,
  CASE WHEN :coupon_id IS NULL THEN 0
  ELSE (SELECT :coupon_fen FROM member_coupon WHERE id = :coupon_id AND member_id = :member_id AND state = 'open') END,
  :goods_fen, :freight_fen, :total_fen, :stored_fen, 0, :coupon_id, :priority, :points_percent,
  (SELECT sealed FROM member_address WHERE id = :address_id AND member_id = :member_id), :expires_at,
  CASE WHEN :total_fen = 0 THEN :now END, :now;
UPDATE cart SET version = version + 1, updated_at = :now WHERE member_id = :member_id AND version = :cart_version;
DELETE FROM cart_line WHERE member_id = :member_id AND :cart_version IS NOT NULL;
UPDATE member_coupon SET state = 'held', ref = 'order:' || (SELECT id FROM shop_order WHERE number = :number),
  updated_at = :now WHERE id = :coupon_id;
INSERT INTO drop_claim (drop_id, member_id, taken, most, created_at)
SELECT json_extract(value, '$.drop_id'), :member_id, json_extract(value, '$.quantity'),
  json_extract(value, '$.per_member'), :now
FROM json_each(:drops) WHERE true
ON CONFLICT (drop_id, member_id) DO UPDATE
SET taken = drop_claim.taken + excluded.taken, most = excluded.most, updated_at = excluded.created_at;
UPDATE limited_drop SET updated_at = :now, taken = taken + (
  SELECT json_extract(value, '$.quantity') FROM json_each(:drops) WHERE json_extract(value, '$.drop_id') = limited_drop.id)
WHERE id IN (SELECT json_extract(value, '$.drop_id') FROM json_each(:drops));
INSERT INTO order_item (
  order_id, sku_id, name, size, colour, picture, public_fen, price_fen, net_fen, drop_id, state, reason, grade, created_at)
SELECT (SELECT id FROM shop_order WHERE number = :number), json_extract(value, '$.sku_id'),
  json_extract(value, '$.name'), json_extract(value, '$.size'), json_extract(value, '$.colour'),
  json_extract(value, '$.picture'), json_extract(value, '$.public_fen'), json_extract(value, '$.price_fen'),
  json_extract(value, '$.net_fen'), json_extract(value, '$.drop_id'), 'ordered', '', '', :now
FROM json_each(:pieces) ORDER BY key;
INSERT INTO history (noun, row_id, old, new, who, why, created_at)
SELECT 'order', id, '', :state, 'member:' || :member_id, '', :now FROM shop_order WHERE number = :number;
INSERT INTO payment (
  member_id, out_trade_no, purpose, ref, description, amount_fen, state, prepay_id, expires_at, created_at)
SELECT :member_id, :out_trade_no, 'order', 'order:' || id, :description, :to_pay_fen, 'wanted', '', :expires_at, :now
FROM shop_order WHERE number = :number AND :to_pay_fen > 0;
INSERT INTO stock_entry (sku_id, step, quantity, ref, created_at)
SELECT json_extract(value, '$.sku_id'), 'reserve', json_extract(value, '$.quantity'),
  'order:' || (SELECT id FROM shop_order WHERE number = :number), :now
FROM json_each(:lines);
UPDATE sku SET updated_at = :now,
  on_hand = on_hand - (
    SELECT json_extract(value, '$.quantity') FROM json_each(:lines) WHERE json_extract(value, '$.sku_id') = sku.id),
  reserved = reserved + (
    SELECT json_extract(value, '$.quantity') FROM json_each(:lines) WHERE json_extract(value, '$.sku_id') = sku.id)
WHERE id IN (SELECT json_extract(value, '$.sku_id') FROM json_each(:lines));
SELECT id FROM shop_order WHERE number = :number

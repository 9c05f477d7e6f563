-- An order with all that hangs on it, in one statement: whole, or not at all.
-- A cart that changed makes member_id null, a coupon that is not open coupon_fen, an address that is not hers
-- address_sealed, and these refuse nulls;
-- stock, drops and caps are refused by their CHECKs. Pieces are locked by rising sku_id.
WITH fresh AS (
  SELECT nextval(pg_get_serial_sequence('shop_order', 'id')) AS id
), wanted AS MATERIALIZED (
  SELECT sku_id, quantity FROM jsonb_to_recordset(:lines::jsonb) AS w(sku_id bigint, quantity int)
), carted AS (
  UPDATE cart SET version = version + 1, updated_at = :now::timestamptz
  WHERE member_id = :member_id::bigint AND version = :cart_version::int RETURNING member_id
), emptied AS (
  DELETE FROM cart_line WHERE member_id IN (SELECT member_id FROM carted)
), held AS (
  UPDATE member_coupon SET state = 'held', ref = 'order:' || (SELECT id FROM fresh), updated_at = :now::timestamptz
  WHERE id = :coupon_id::bigint AND member_id = :member_id::bigint AND state = 'open' RETURNING id
), claims AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(:drops::jsonb) AS d(drop_id bigint, quantity int, per_member int)
), claimed AS (
  INSERT INTO drop_claim (drop_id, member_id, taken, most, created_at)
  SELECT drop_id, :member_id::bigint, quantity, per_member, :now::timestamptz FROM claims ORDER BY drop_id
  ON CONFLICT (drop_id, member_id) DO UPDATE
  SET taken = drop_claim.taken + excluded.taken, most = excluded.most, updated_at = excluded.created_at
), dropped AS (
  UPDATE limited_drop d SET taken = d.taken + c.quantity, updated_at = :now::timestamptz
  FROM claims c WHERE d.id = c.drop_id
), placed AS (
  INSERT INTO shop_order (
    id, number, member_id, state, gross_fen, coupon_fen, goods_fen, freight_fen, total_fen, stored_fen, refunded_fen,
    member_coupon_id, priority, points_percent, address_sealed, expires_at, paid_at, created_at)
  SELECT id, :number,
    CASE WHEN :cart_version::int IS NULL THEN :member_id::bigint ELSE (SELECT member_id FROM carted) END, :state,
    :gross_fen::bigint,
    CASE WHEN :coupon_id::bigint IS NULL THEN 0 ELSE (SELECT :coupon_fen::bigint FROM held) END,
    :goods_fen::bigint, :freight_fen::bigint, :total_fen::bigint, :stored_fen::bigint, 0, :coupon_id::bigint, :priority::int,
    :points_percent::int,
    (SELECT sealed FROM member_address WHERE id = :address_id::bigint AND member_id = :member_id::bigint),
    :expires_at::timestamptz,
    CASE WHEN :total_fen::bigint = 0 THEN :now::timestamptz END, :now::timestamptz
  FROM fresh RETURNING id
), pieces AS (
  INSERT INTO order_item (
    order_id, sku_id, name, size, colour, picture, public_fen, price_fen, net_fen, drop_id, state, reason, grade, created_at)
  SELECT placed.id, sku_id, name, size, colour, picture, public_fen, price_fen, net_fen, drop_id, 'ordered', '', '',
    :now::timestamptz
  FROM placed, jsonb_to_recordset(:pieces::jsonb) AS p(
    sku_id bigint, name text, size text, colour text, picture text, public_fen bigint, price_fen bigint, net_fen bigint,
    drop_id bigint)
), told AS (
  INSERT INTO history (noun, row_id, old, new, who, why, created_at)
  SELECT 'order', id, '', :state, 'member:' || :member_id::bigint, '', :now::timestamptz FROM placed
), asked AS (
  INSERT INTO payment (
    member_id, out_trade_no, purpose, ref, description, amount_fen, state, prepay_id, expires_at, created_at)
  SELECT :member_id::bigint, :out_trade_no, 'order', 'order:' || id, :description, :to_pay_fen::bigint, 'wanted', '',
    :expires_at::timestamptz, :now::timestamptz
  FROM placed WHERE :to_pay_fen::bigint > 0
), moved AS (
  INSERT INTO stock_entry (sku_id, step, quantity, ref, created_at)
  SELECT sku_id, 'reserve', quantity, 'order:' || placed.id, :now::timestamptz FROM placed, wanted
), locked AS MATERIALIZED (
  SELECT s.id, w.quantity FROM sku s JOIN wanted w ON w.sku_id = s.id ORDER BY s.id FOR NO KEY UPDATE OF s
), reserved AS (
  UPDATE sku s SET on_hand = s.on_hand - l.quantity, reserved = s.reserved + l.quantity, updated_at = :now::timestamptz
  FROM locked l WHERE s.id = l.id
)
SELECT id FROM placed

-- A member's box with its items and parcels as one JSON text: one statement, one row, no second look.
SELECT json_build_object(
  'id', b.id, 'state', b.state, 'version', b.version, 'occasion', b.occasion, 'budget_fen', b.budget_fen,
  'wish', b.wish, 'stylist_id', b.stylist_id, 'stylist_words', b.stylist_words, 'cover', b.cover,
  'deposit_fen', b.deposit_fen, 'exchange_of_id', b.exchange_of_id,
  'highest_fen', b.highest_fen, 'freight_out_fen', b.freight_out_fen, 'freight_back_fen', b.freight_back_fen,
  'extended', b.extended, 'kept_all', b.kept_all, 'goods_fen', b.goods_fen, 'charge_fen', b.charge_fen, 'damage_fen', b.damage_fen,
  'owed_fen', CASE WHEN b.state = 'settled' THEN COALESCE(
    (SELECT SUM(l.amount_fen) FROM ledger_line l WHERE l.box_id = b.id AND l.account = 'receivable'), 0)
    ELSE 0 END,
  'created_at', to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'confirmed_at', to_char(b.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'shipped_at', to_char(b.shipped_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'delivered_at', to_char(b.delivered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'deadline_at', to_char(b.deadline_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'warranty_until', to_char(b.warranty_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'swap_allowed', b.swap_allowed,
  'settled_at', to_char(b.settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'items', COALESCE((
    SELECT json_agg(json_build_object(
      'id', i.id, 'sku_id', i.sku_id, 'product_id', s.product_id, 'name', i.name, 'size', i.size,
      'colour', i.colour, 'picture', i.picture, 'price_fen', i.price_fen, 'state', i.state,
      'reason', i.reason, 'feedback', i.feedback, 'net_fen', i.net_fen,
      'reclaimed', i.reclaimed_at IS NOT NULL, 'parcel_id', i.parcel_id, 'back_parcel_id', i.back_parcel_id,
      'damage_state', (SELECT d.state FROM damage_fee d WHERE d.item_id = i.id),
      'exchange_box_id', (
        SELECT e.id FROM box e
        WHERE e.exchange_of_id = i.id AND e.exchange_of_id IS NOT NULL AND e.state <> 'cancelled')
    ) ORDER BY i.id)
    FROM box_item i JOIN sku s ON s.id = i.sku_id WHERE i.box_id = b.id AND i.state <> 'removed'), '[]'::json),
  'parcels', COALESCE((
    SELECT json_agg(json_build_object(
      'id', p.id, 'direction', p.direction, 'state', p.state, 'carrier', p.carrier, 'waybill', p.waybill,
      'return_id', p.return_id,
      'pickup_at', to_char(p.pickup_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'accepted_at', to_char(p.accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'signed_at', to_char(p.signed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'received_at', to_char(p.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    ) ORDER BY p.id)
    FROM parcel p WHERE p.box_id = b.id), '[]'::json)
)::text AS body
FROM box b
WHERE b.id = :box_id AND b.member_id = :member_id

-- A member's box with its items and parcels as one JSON text: one statement, one row, no second look.
SELECT json_object(
  'id', b.id, 'state', b.state, 'version', b.version, 'occasion', b.occasion, 'budget_fen', b.budget_fen,
  'wish', b.wish, 'stylist_id', b.stylist_id, 'stylist_words', b.stylist_words, 'cover', b.cover,
  'deposit_fen', b.deposit_fen, 'exchange_of_id', b.exchange_of_id,
  'highest_fen', b.highest_fen, 'freight_out_fen', b.freight_out_fen, 'freight_back_fen', b.freight_back_fen,
  'extended', json(CASE WHEN b.extended THEN 'true' ELSE 'false' END),
  'kept_all', json(CASE WHEN b.kept_all THEN 'true' ELSE 'false' END),
  'goods_fen', b.goods_fen, 'charge_fen', b.charge_fen, 'damage_fen', b.damage_fen,
  'owed_fen', CASE WHEN b.state = 'settled' THEN COALESCE(
    (SELECT SUM(l.amount_fen) FROM ledger_line l WHERE l.box_id = b.id AND l.account = 'receivable'), 0)
    ELSE 0 END,
  'created_at', strftime('%Y-%m-%dT%H:%M:%SZ', b.created_at),
  'confirmed_at', strftime('%Y-%m-%dT%H:%M:%SZ', b.confirmed_at),
  'shipped_at', strftime('%Y-%m-%dT%H:%M:%SZ', b.shipped_at),
  'delivered_at', strftime('%Y-%m-%dT%H:%M:%SZ', b.delivered_at),
  'deadline_at', strftime('%Y-%m-%dT%H:%M:%SZ', b.deadline_at),
  'warranty_until', strftime('%Y-%m-%dT%H:%M:%SZ', b.warranty_until),
  'swap_allowed', json(CASE WHEN b.swap_allowed THEN 'true' ELSE 'false' END),
  'settled_at', strftime('%Y-%m-%dT%H:%M:%SZ', b.settled_at),
  'items', json(COALESCE((
    SELECT json_group_array(json(one)) FROM (
      SELECT json_object(
        'id', i.id, 'sku_id', i.sku_id, 'product_id', s.product_id, 'name', i.name, 'size', i.size,
        'colour', i.colour, 'picture', i.picture, 'price_fen', i.price_fen, 'state', i.state,
        'reason', i.reason, 'feedback', i.feedback, 'net_fen', i.net_fen,
        'reclaimed', json(CASE WHEN i.reclaimed_at IS NOT NULL THEN 'true' ELSE 'false' END),
        'parcel_id', i.parcel_id, 'back_parcel_id', i.back_parcel_id,
        'damage_state', (SELECT d.state FROM damage_fee d WHERE d.item_id = i.id),
        'exchange_box_id', (
        SELECT e.id FROM box e
        WHERE e.exchange_of_id = i.id AND e.exchange_of_id IS NOT NULL AND e.state <> 'cancelled')
      ) AS one
      FROM box_item i JOIN sku s ON s.id = i.sku_id
      WHERE i.box_id = b.id AND i.state <> 'removed' ORDER BY i.id)), '[]')),
  'parcels', json(COALESCE((
    SELECT json_group_array(json(one)) FROM (
      SELECT json_object(
        'id', p.id, 'direction', p.direction, 'state', p.state, 'carrier', p.carrier, 'waybill', p.waybill,
        'return_id', p.return_id,
        'pickup_at', strftime('%Y-%m-%dT%H:%M:%SZ', p.pickup_at),
        'accepted_at', strftime('%Y-%m-%dT%H:%M:%SZ', p.accepted_at),
        'signed_at', strftime('%Y-%m-%dT%H:%M:%SZ', p.signed_at),
        'received_at', strftime('%Y-%m-%dT%H:%M:%SZ', p.received_at)
      ) AS one
      FROM parcel p WHERE p.box_id = b.id ORDER BY p.id)), '[]'))
) AS body
FROM box b
WHERE b.id = :box_id AND b.member_id = :member_id

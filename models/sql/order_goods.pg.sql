-- What is to be ordered: the given lines, or the member's cart, each with its goods, the drop it is sold through,
-- and the plan and tier its price depends on.
WITH wanted AS (
  SELECT sku_id, quantity FROM jsonb_to_recordset(COALESCE(:lines::jsonb, '[]')) AS w(sku_id bigint, quantity int)
  UNION ALL
  SELECT sku_id, quantity FROM cart_line WHERE member_id = :member_id::bigint AND :lines::jsonb IS NULL
)
SELECT w.sku_id, w.quantity, s.size, s.colour,
       CASE WHEN s.retired THEN 0 ELSE s.on_hand END AS on_hand, s.product_id, p.name, p.picture, p.price_fen,
       p.member_price_fen, COALESCE(p.on_sale AND p.quality_passed, false) AS sellable,
       d.id AS drop_id, d.starts_at, d.pieces - d.taken AS drop_left, d.per_member, COALESCE(c.taken, 0) AS claimed,
       (SELECT version FROM cart WHERE member_id = :member_id::bigint) AS cart_version,
       (SELECT plan FROM membership WHERE member_id = :member_id::bigint AND state = 'active'
          AND starts_at <= :now::timestamptz AND ends_at > :now::timestamptz LIMIT 1) AS plan,
       t.local, t.matched
FROM wanted w
LEFT JOIN sku s ON s.id = w.sku_id
LEFT JOIN product p ON p.id = s.product_id
LEFT JOIN limited_drop d ON d.id = (
  SELECT x.id FROM limited_drop x WHERE x.product_id = p.id AND x.ends_at > :now::timestamptz
  ORDER BY x.starts_at, x.id LIMIT 1)
LEFT JOIN drop_claim c ON c.drop_id = d.id AND c.member_id = :member_id::bigint
LEFT JOIN member_tier t ON t.member_id = :member_id::bigint
ORDER BY w.sku_id

-- Purchases of some members with what they were charged: for orders the lists of the pieces that stayed, and freight.
SELECT p.member_id, p.bought_at, p.net_fen, o.id AS order_id, o.freight_fen,
       sum(i.price_fen) AS charged_fen, sum(i.public_fen) AS public_fen,
       sum(CASE WHEN i.price_fen < i.public_fen OR k.member_price_fen IS NULL THEN i.price_fen
                WHEN k.member_price_fen < i.public_fen THEN k.member_price_fen ELSE i.public_fen END) AS member_fen
FROM purchase p
LEFT JOIN shop_order o ON p.ref = 'order:' || o.id
LEFT JOIN order_item i ON i.order_id = o.id AND i.state NOT IN ('returned', 'cancelled', 'lost')
LEFT JOIN sku s ON s.id = i.sku_id
LEFT JOIN product k ON k.id = s.product_id
WHERE p.member_id > :after AND p.member_id <= :upto AND p.bought_at >= :since AND p.bought_at < :until AND p.net_fen > 0
GROUP BY p.id, p.member_id, p.bought_at, p.net_fen, o.id, o.freight_fen
ORDER BY p.member_id, p.bought_at, p.id

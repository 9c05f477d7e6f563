-- What each piece of a proposal was put in for and costs now, with the plan and tier its price depends on.
SELECT i.id, i.price_fen AS frozen_fen, p.price_fen, p.member_price_fen, t.local, t.matched,
       (SELECT plan FROM membership m WHERE m.member_id = b.member_id AND m.state = 'active'
          AND m.starts_at <= :now AND m.ends_at > :now LIMIT 1) AS plan
FROM box b
JOIN box_item i ON i.box_id = b.id AND i.state = 'proposed'
JOIN sku s ON s.id = i.sku_id
JOIN product p ON p.id = s.product_id
LEFT JOIN member_tier t ON t.member_id = b.member_id
WHERE b.id = :box_id AND b.member_id = :member_id AND b.state = 'proposed'

-- Coupons in each member's hand that can still be used, the first to lapse first.
SELECT h.member_id, c.name, c.threshold_fen, c.off_fen, c.valid_until
FROM member_coupon AS h JOIN coupon AS c ON c.id = h.coupon_id
WHERE h.member_id {{of_members}} AND h.state = 'open' AND c.valid_until > :now
ORDER BY c.valid_until, h.id

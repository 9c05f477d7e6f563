-- Payments that were made and are not booked with their sum, and bookings of payments that were not made.
SELECT 'payment:' || p.out_trade_no AS subject, p.amount_fen AS wanted, COALESCE(l.amount_fen, 0) AS found
FROM payment p
LEFT JOIN ledger_line l ON l.event = 'paid:' || p.out_trade_no AND l.account = 'wechat'
WHERE p.state = 'paid' AND COALESCE(l.amount_fen, 0) <> p.amount_fen
UNION ALL
SELECT 'payment:' || p.out_trade_no, 0, l.amount_fen
FROM payment p
JOIN ledger_line l ON l.event = 'paid:' || p.out_trade_no AND l.account = 'wechat'
WHERE p.state <> 'paid'
LIMIT :most

-- What speaks against trusting a member with unpaid goods: counts over the window, and what is overdue now.
SELECT
  (SELECT COUNT(*) FROM damage_fee d JOIN box b ON b.id = d.box_id
   WHERE b.member_id = :member_id AND d.state = 'charged' AND d.created_at > :since) AS damaged,
  (SELECT COUNT(*) FROM box b JOIN box_item i ON i.box_id = b.id
   JOIN approval a ON a.ref = 'item:' || CAST(i.id AS TEXT) AND a.kind = 'dispute_charge' AND a.state = 'approved'
   WHERE b.member_id = :member_id AND a.created_at > :since) AS missing,
  (SELECT COUNT(*) FROM box b
   WHERE b.member_id = :member_id AND b.state = 'settled' AND b.settled_at > :since AND b.goods_fen = 0
     AND b.exchange_of_id IS NULL) AS all_back,
  (SELECT COALESCE(SUM(l.amount_fen), 0) FROM box b
   JOIN ledger_line l ON l.box_id = b.id AND l.account = 'receivable'
   WHERE b.member_id = :member_id AND b.settled_at < :owed_since) AS owed_fen

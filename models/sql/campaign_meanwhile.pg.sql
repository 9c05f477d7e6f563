-- What the members of these messages did since each was planned: bought something, sent something back.
SELECT r.id,
       EXISTS (SELECT 1 FROM purchase p WHERE p.member_id = r.m AND p.net_fen > 0 AND p.bought_at > r.at) AS bought,
       EXISTS (SELECT 1 FROM box b JOIN parcel p ON p.box_id = b.id
               WHERE b.member_id = r.m AND p.direction = 'back' AND p.created_at > r.at)
       OR EXISTS (SELECT 1 FROM shop_order o JOIN order_parcel p ON p.order_id = o.id
                  WHERE o.member_id = r.m AND p.direction = 'back' AND p.created_at > r.at) AS returned
FROM jsonb_to_recordset(:rows) AS r (id bigint, m bigint, at timestamptz)

-- What the members of these messages did since each was planned: bought something, sent something back.
SELECT r.value ->> 'id' AS id,
       EXISTS (SELECT 1 FROM purchase p
               WHERE p.member_id = r.value ->> 'm' AND p.net_fen > 0 AND p.bought_at > r.value ->> 'at') AS bought,
       EXISTS (SELECT 1 FROM box b JOIN parcel p ON p.box_id = b.id
               WHERE b.member_id = r.value ->> 'm' AND p.direction = 'back' AND p.created_at > r.value ->> 'at')
       OR EXISTS (SELECT 1 FROM shop_order o JOIN order_parcel p ON p.order_id = o.id
                  WHERE o.member_id = r.value ->> 'm' AND p.direction = 'back' AND p.created_at > r.value ->> 'at')
       AS returned
FROM json_each(:rows) AS r

-- Members with a running plan and at least so many parcels since then.
SELECT s.member_id FROM (
    SELECT member_id FROM box WHERE confirmed_at > :since AND address_sealed <> '' AND state <> 'cancelled'
    UNION ALL
    SELECT member_id FROM shop_order WHERE created_at > :since AND state IN ('paid', 'shipped', 'signed')
) AS s
WHERE EXISTS (SELECT 1 FROM membership y WHERE y.member_id = s.member_id AND y.state = 'active')
GROUP BY s.member_id HAVING COUNT(*) >= :least
ORDER BY s.member_id

-- What each stylist's score is counted from, over sessions that ended and boxes that settled since an instant.
SELECT s.id AS stylist_id,
       (SELECT count(*) FROM booking b
        WHERE b.stylist_id = s.id AND b.state = 'done' AND b.ends_at >= :since) AS sessions,
       (SELECT count(*) FROM booking b
        WHERE b.stylist_id = s.id AND b.state = 'done' AND b.ends_at >= :since AND b.rating IS NOT NULL) AS ratings,
       (SELECT coalesce(sum(b.rating), 0) FROM booking b
        WHERE b.stylist_id = s.id AND b.state = 'done' AND b.ends_at >= :since) AS stars,
       (SELECT count(*) FROM box_item i JOIN box x ON x.id = i.box_id
        WHERE x.stylist_id = s.id AND x.settled_at >= :since AND i.state IN ('bought', 'returned')) AS pieces,
       (SELECT count(*) FROM box_item i JOIN box x ON x.id = i.box_id
        WHERE x.stylist_id = s.id AND x.settled_at >= :since AND i.state = 'bought' AND i.reclaimed_at IS NULL) AS kept,
       (SELECT count(DISTINCT b.member_id) FROM booking b
        WHERE b.stylist_id = s.id AND b.state = 'done' AND b.ends_at >= :since) AS members,
       (SELECT count(DISTINCT b.member_id) FROM booking b
        WHERE b.stylist_id = s.id AND b.state = 'done' AND b.ends_at >= :since
          AND EXISTS (SELECT 1 FROM booking n
                      WHERE n.member_id = b.member_id AND n.created_at >= b.starts_at
                        AND n.state IN ('booked', 'done', 'no_show'))) AS back,
       (SELECT coalesce(sum(i.net_fen), 0) FROM box_item i JOIN box x ON x.id = i.box_id
        WHERE x.stylist_id = s.id AND x.settled_at >= :since AND i.state = 'bought' AND i.reclaimed_at IS NULL) AS net_fen
FROM stylist s
WHERE s.active AND (s.id = CAST(:stylist_id AS bigint) OR CAST(:stylist_id AS bigint) = 0)
ORDER BY s.id

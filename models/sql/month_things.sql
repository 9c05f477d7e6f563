-- Each kind of thing by itself, as rows of one shape.
    UNION ALL SELECT member_id, 0, 1, 0, 0, 0, 0, 0 FROM booking
              WHERE state = 'done' AND starts_at >= :since AND starts_at < :until AND member_id > :after AND member_id <= :upto
    UNION ALL SELECT member_id, 0, 0, 1, 0, 0, 0, 0 FROM box
              WHERE delivered_at >= :since AND delivered_at < :until AND member_id > :after AND member_id <= :upto
    UNION ALL SELECT member_id, 0, 0, 0, 1, 0, 0, 0 FROM opinion
              WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
    UNION ALL SELECT member_id, 0, 0, 0, 0, 1, 0, 0 FROM post
              WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
    UNION ALL SELECT member_id, 0, 0, 0, 0, 1, 0, 0 FROM poll_vote
              WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
    UNION ALL SELECT member_id, 0, 0, 0, 0, 0, 1, net_fen FROM purchase
              WHERE net_fen > 0 AND bought_at >= :since AND bought_at < :until AND member_id > :after AND member_id <= :upto

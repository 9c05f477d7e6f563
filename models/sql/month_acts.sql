-- Everything a member of a range of ids did by themselves in a month, each with its instant.
SELECT member_id, created_at AS at FROM shop_order WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
UNION ALL SELECT member_id, created_at FROM booking WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
UNION ALL SELECT member_id, created_at FROM box WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
UNION ALL SELECT member_id, created_at FROM opinion WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
UNION ALL SELECT member_id, created_at FROM post WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
UNION ALL SELECT member_id, created_at FROM poll_vote WHERE created_at >= :since AND created_at < :until AND member_id > :after AND member_id <= :upto
UNION ALL SELECT i.member_id, c.created_at FROM chat_line c JOIN identity i ON i.openid = c.openid
          WHERE c.side = 'follower' AND c.created_at >= :since AND c.created_at < :until AND i.member_id > :after AND i.member_id <= :upto

-- What the gate asks of each member of an audience.
SELECT m.id, m.follows, m.follow_told_at,
       (SELECT c.given FROM consent c WHERE c.member_id = m.id AND c.purpose = 'promotion'
        ORDER BY c.created_at DESC, c.id DESC LIMIT 1) AS consented,
       (SELECT c.given FROM consent c WHERE c.member_id = m.id AND c.purpose = 'topic:news'
        ORDER BY c.created_at DESC, c.id DESC LIMIT 1) AS wanted

-- What a member has bought; what came back whole is none.
FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0 AND p.bought_at <= :now

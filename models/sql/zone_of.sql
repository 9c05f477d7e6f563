SELECT zone FROM member WHERE id = :member_id

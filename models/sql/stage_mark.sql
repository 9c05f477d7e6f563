-- Something was bought or came back: the member's stage is due to be looked at.
INSERT INTO member_stage (member_id, stage, since_at, look_at, created_at)
VALUES (:member_id, 'observation', :now, :now, :now)
ON CONFLICT (member_id) DO UPDATE SET look_at = :now

-- Members who are looked at for the first time.
INSERT INTO member_stage (member_id, stage, since_at, look_at, created_at)
SELECT member_id, stage, :now, look_at, :now FROM stage_due WHERE old IS NULL
ON CONFLICT (member_id) DO NOTHING

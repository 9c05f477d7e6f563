-- Existing rows move on, unless something was bought since they were read: those stay due.
UPDATE member_stage AS s
SET since_at = CASE WHEN s.stage = d.stage THEN s.since_at ELSE :now END, stage = d.stage, look_at = d.look_at,
    updated_at = :now
FROM stage_due AS d
WHERE d.old IS NOT NULL AND s.member_id = d.member_id AND s.look_at IS NOT DISTINCT FROM d.old_look

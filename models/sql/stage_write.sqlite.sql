-- Existing rows move on, unless something was bought since they were read: those stay due. The few that differ
-- lead (+ and CROSS JOIN say so to SQLite), or every row would be asked whether it is among them.
UPDATE member_stage AS s
SET since_at = CASE WHEN s.stage = d.stage THEN s.since_at ELSE :now END, stage = d.stage, look_at = d.look_at,
    updated_at = :now
FROM stage_due AS d
WHERE d.old IS NOT NULL AND s.member_id = +d.member_id AND s.look_at IS NOT DISTINCT FROM d.old_look;
-- Members who are looked at for the first time.
INSERT INTO member_stage (member_id, stage, since_at, look_at, created_at)
SELECT member_id, stage, :now, look_at, :now FROM stage_due WHERE old IS NULL
ON CONFLICT (member_id) DO NOTHING;
-- One line of history for each stage that really changed.
INSERT INTO stage_change (member_id, old, new, reason, rules_version, created_at)
SELECT d.member_id, coalesce(d.old, ''), d.stage, d.reason, :version, :now
FROM stage_due d CROSS JOIN member_stage s ON s.member_id = d.member_id
WHERE s.stage = d.stage AND s.since_at = :now AND (d.old IS NULL OR d.old <> d.stage);
-- How many were judged to differ, and how many of them changed their stage by it.
SELECT count(*) AS judged,
       count(CASE WHEN s.stage = d.stage AND s.since_at = :now AND (d.old IS NULL OR d.old <> d.stage) THEN 1 END) AS changed
FROM stage_due d LEFT JOIN member_stage s ON s.member_id = d.member_id

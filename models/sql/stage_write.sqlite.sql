-- Existing rows move on. What a transaction has read nobody changes before it ends, so all are as they were judged. The
-- few that differ lead (+ says so to SQLite), or every row would be asked whether it is among them. What fails here
-- fails as a whole (OR ROLLBACK), so that SQLite need not keep what each page was before the statement.
UPDATE OR ROLLBACK member_stage AS s
SET since_at = CASE WHEN s.stage = d.stage THEN s.since_at ELSE :now END, stage = d.stage, look_at = d.look_at
FROM stage_due AS d
WHERE d.old IS NOT NULL AND s.member_id = +d.member_id;
-- Members who are looked at for the first time.
INSERT OR ROLLBACK INTO member_stage (member_id, stage, since_at, look_at)
SELECT member_id, stage, :now, look_at FROM stage_due WHERE old IS NULL;
-- One line of history for each stage that really changed.
INSERT OR ROLLBACK INTO stage_change (member_id, old, new, reason, rules_version, created_at)
SELECT member_id, coalesce(old, ''), stage, reason, :version, :now FROM stage_due WHERE old IS NULL OR old <> stage;
-- How many were judged to differ, and how many of them changed their stage by it.
SELECT (SELECT count(*) FROM stage_due) AS judged, changes() AS changed

-- One line of history for each stage that really changed.
INSERT INTO stage_change (member_id, old, new, reason, rules_version, created_at)
SELECT d.member_id, coalesce(d.old, ''), d.stage, d.reason, :version, :now
FROM stage_due d JOIN member_stage s ON s.member_id = d.member_id
WHERE s.stage = d.stage AND s.since_at = :now AND (d.old IS NULL OR d.old <> d.stage)

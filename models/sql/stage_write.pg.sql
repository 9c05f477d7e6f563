-- Carry out what was judged: rows move on, newcomers get theirs, and each stage that really changed a line of history.
-- Where something was bought since it was read, the row stays as it is, and due.
WITH kept AS (
    UPDATE member_stage AS s
    SET since_at = CASE WHEN s.stage = d.stage THEN s.since_at ELSE :now END, stage = d.stage, look_at = d.look_at
    FROM stage_due AS d
    WHERE d.old IS NOT NULL AND s.member_id = d.member_id AND s.look_at IS NOT DISTINCT FROM d.old_look
    RETURNING d.member_id, d.old, d.stage, d.reason
), entered AS (
    INSERT INTO member_stage (member_id, stage, since_at, look_at)
    SELECT member_id, stage, :now, look_at FROM stage_due WHERE old IS NULL
    ON CONFLICT (member_id) DO NOTHING
    RETURNING member_id
), told AS (
    INSERT INTO stage_change (member_id, old, new, reason, rules_version, created_at)
    SELECT member_id, old, stage, reason, :version, :now
    FROM (SELECT * FROM kept
          UNION ALL SELECT d.member_id, '', d.stage, d.reason FROM entered e JOIN stage_due d USING (member_id)) AS written
    WHERE old <> stage
    RETURNING 1
)
SELECT (SELECT count(*) FROM stage_due) AS judged, (SELECT count(*) FROM told) AS changed

-- How many were judged to differ, and how many of them changed their stage by it.
SELECT count(*) AS judged,
       count(CASE WHEN s.stage = d.stage AND s.since_at = :now AND (d.old IS NULL OR d.old <> d.stage) THEN 1 END) AS changed
FROM stage_due d LEFT JOIN member_stage s ON s.member_id = d.member_id

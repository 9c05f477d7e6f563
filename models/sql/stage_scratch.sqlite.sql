-- What a pass is about to change; begun empty.
CREATE TEMP TABLE IF NOT EXISTS stage_due (member_id INTEGER PRIMARY KEY, old TEXT, old_look TEXT, stage TEXT,
                                           reason TEXT, look_at TEXT);
DELETE FROM stage_due

DELETE FROM stage_due

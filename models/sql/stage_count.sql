SELECT count(*) AS judged FROM stage_due

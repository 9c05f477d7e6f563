IN (SELECT value FROM json_each(:member_ids))

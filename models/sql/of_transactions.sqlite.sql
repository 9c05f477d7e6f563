IN (SELECT value FROM json_each(:transaction_ids))

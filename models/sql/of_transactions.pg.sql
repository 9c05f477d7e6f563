= ANY (ARRAY (SELECT value FROM jsonb_array_elements_text(:transaction_ids::jsonb)))

= ANY (ARRAY (SELECT value::bigint FROM jsonb_array_elements_text(:member_ids::jsonb)))

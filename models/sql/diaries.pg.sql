-- Hours, exceptions and taken quarters of some stylists, one row each: quarters packed by 48 (half a day) into one number.
SELECT s.value::bigint AS stylist_id,
       (SELECT json_agg(json_build_array(h.weekday, h.starts, h.ends))
        FROM working_hours h WHERE h.stylist_id = s.value::bigint)::text AS hours,
       (SELECT json_agg(json_build_array(e.starts_at, e.ends_at, e.works))
        FROM hours_exception e
        WHERE e.stylist_id = s.value::bigint AND e.starts_at < (:until::timestamptz) AND e.ends_at > (:since::timestamptz))::text AS exceptions,
       (SELECT json_agg(json_build_array(w.word, w.bits))
        FROM (SELECT c.quarter / 48 AS word, bit_or(1::bigint << (c.quarter % 48)) AS bits
              FROM booking_cell c
              WHERE c.stylist_id = s.value::bigint AND c.quarter >= :first_quarter AND c.quarter < :end_quarter
              GROUP BY c.quarter / 48) w)::text AS taken
FROM jsonb_array_elements_text(:stylist_ids::jsonb) s

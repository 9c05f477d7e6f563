-- Hours, exceptions and taken quarters of some stylists, one row each: quarters packed by 48 (half a day) into one number.
SELECT s.value AS stylist_id,
       (SELECT json_group_array(json_array(h.weekday, h.starts, h.ends))
        FROM working_hours h WHERE h.stylist_id = s.value) AS hours,
       (SELECT json_group_array(json_array(e.starts_at, e.ends_at, e.works))
        FROM hours_exception e
        WHERE e.stylist_id = s.value AND e.starts_at < :until AND e.ends_at > :since) AS exceptions,
       (SELECT json_group_array(json_array(w.word, w.bits))
        FROM (SELECT c.quarter / 48 AS word, sum(1 << (c.quarter % 48)) AS bits
              FROM booking_cell c
              WHERE c.stylist_id = s.value AND c.quarter >= :first_quarter AND c.quarter < :end_quarter
              GROUP BY c.quarter / 48) w) AS taken
FROM json_each(:stylist_ids) s

-- The quarters of an hour held in a window, one row a stylist; one booking may be looked past.
SELECT stylist_id, json_agg(quarter)::text AS quarters
FROM booking_cell
WHERE stylist_id = ANY (SELECT value::bigint FROM jsonb_array_elements_text(:stylist_ids::jsonb))
  AND quarter >= :first_quarter AND quarter < :end_quarter AND booking_id <> :except_id
GROUP BY stylist_id

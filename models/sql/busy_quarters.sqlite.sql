-- The quarters of an hour held in a window, one row a stylist; one booking may be looked past.
SELECT stylist_id, json_group_array(quarter) AS quarters
FROM booking_cell
WHERE stylist_id IN (SELECT value FROM json_each(:stylist_ids))
  AND quarter >= :first_quarter AND quarter < :end_quarter AND booking_id <> :except_id
GROUP BY stylist_id

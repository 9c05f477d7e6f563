-- Registered members who were born on this day of the year.
SELECT id FROM member
WHERE merged_into_id IS NULL AND registered_at IS NOT NULL
  AND CAST(strftime('%m', birthday) AS integer) = :month AND CAST(strftime('%d', birthday) AS integer) = :day
ORDER BY id

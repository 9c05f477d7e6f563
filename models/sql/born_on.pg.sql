-- Registered members who were born on this day of the year.
SELECT id FROM member
WHERE merged_into_id IS NULL AND registered_at IS NOT NULL
  AND extract(month FROM birthday) = :month::int AND extract(day FROM birthday) = :day::int
ORDER BY id

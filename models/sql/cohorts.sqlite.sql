-- Everybody first seen in the span, by the month in Shanghai and by the way in (with :by_scene = 1 by its scene too).
WITH people AS (
    SELECT id, strftime('%Y-%m', first_seen_at, '+8 hours') AS month, first_source AS source,
           CASE WHEN :by_scene = 1 THEN first_scene ELSE '' END AS scene, registered_at,
           julianday(last_seen_at) - julianday(first_seen_at) AS stayed,
           julianday(:now) - julianday(first_seen_at) AS age
    FROM member WHERE merged_into_id IS NULL AND first_seen_at >= :since AND first_seen_at < :until
), {{cohort_sums}}

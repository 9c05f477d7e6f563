-- Everybody first seen in the span, by the month in Shanghai and by the way in (with :by_scene = 1 by its scene too).
WITH people AS (
    SELECT id, to_char(first_seen_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, first_source AS source,
           CASE WHEN :by_scene::int = 1 THEN first_scene ELSE '' END AS scene, registered_at,
           EXTRACT(EPOCH FROM (last_seen_at - first_seen_at)) / 86400 AS stayed,
           EXTRACT(EPOCH FROM (:now::timestamptz - first_seen_at)) / 86400 AS age
    FROM member WHERE merged_into_id IS NULL AND first_seen_at >= :since AND first_seen_at < :until
), {{cohort_sums}}

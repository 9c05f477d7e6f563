-- The newest line of the history that can be seen, and between which transactions those stand that still run.
SELECT COALESCE(MAX(id), 0) AS newest, pg_snapshot_xmin(pg_current_snapshot())::text AS oldest_running,
  pg_snapshot_xmax(pg_current_snapshot())::text AS first_to_come
FROM history

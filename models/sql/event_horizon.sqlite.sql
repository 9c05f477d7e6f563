-- The newest line of the history; there is one writer, so lines come in the order of their ids.
SELECT COALESCE(MAX(id), 0) AS newest, '0' AS oldest_running, '0' AS first_to_come FROM history

-- SQLite has one writer, so the next ids are simply the ones after the highest.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT (SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'member') + i AS id FROM n WHERE :count > 0

-- Take the transaction's locks on names (openids, unionids), in one order, so that nobody deadlocks.
SELECT count(pg_advisory_xact_lock(h)) AS locked
FROM (SELECT DISTINCT hashtextextended(value, 7) AS h FROM jsonb_array_elements_text(:names::jsonb) ORDER BY 1) AS n

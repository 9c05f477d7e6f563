-- How many member and thing pairs are inside each path, whatever its version: something is planned or waits for them.
SELECT path, count(*) AS inside
FROM (
    SELECT path, member_id, occurrence FROM care_message WHERE state = 'planned' AND path <> 'campaign'
    UNION
    SELECT path, member_id, occurrence FROM path_turn WHERE state = 'waiting'
) inside
GROUP BY path

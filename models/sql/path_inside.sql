-- Who is inside one version of a path: something is planned or waits for them.
SELECT member_id, occurrence, max(anchor_at) AS anchor_at, min(entered_at) AS entered_at
FROM (
    SELECT member_id, occurrence, anchor_at, created_at AS entered_at FROM care_message
    WHERE path <> 'campaign' AND path = :path AND version = :version AND state = 'planned'
    UNION ALL
    SELECT member_id, occurrence, anchor_at, entered_at FROM path_turn
    WHERE path = :path AND version = :version AND state = 'waiting'
) inside
GROUP BY member_id, occurrence
ORDER BY member_id

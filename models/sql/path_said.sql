-- What became of one version's messages, by step.
SELECT step, state, reason, count(*) AS n FROM care_message
WHERE path <> 'campaign' AND path = :path AND version = :version AND created_at >= :since
GROUP BY step, state, reason

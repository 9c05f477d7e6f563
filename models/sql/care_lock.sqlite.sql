-- The messages that are still planned; the transaction itself keeps everybody else out.
SELECT id FROM care_message WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'planned'

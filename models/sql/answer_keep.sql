-- The first answer to a write, for whoever repeats it.
UPDATE idempotent_answer SET status = :status, body = :body, updated_at = :now WHERE actor = :actor AND key = :key

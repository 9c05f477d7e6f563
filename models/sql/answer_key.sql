-- Take a key nobody has used: a row comes back only for who was first.
INSERT INTO idempotent_answer (actor, key, body_hash, body, created_at, updated_at)
VALUES (:actor, :key, :body_hash, '', :now, :now)
ON CONFLICT (actor, key) DO NOTHING
RETURNING id

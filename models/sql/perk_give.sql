-- A perk is given, once: no row comes back when it was. One that was taken back may be given for another cause.
INSERT INTO perk (member_id, rule, occurrence, ref, points, state, created_at)
VALUES (:member_id, :rule, :occurrence, :ref, :points, 'given', :now)
ON CONFLICT (member_id, rule, occurrence) DO UPDATE
SET state = 'given', ref = excluded.ref, points = excluded.points, updated_at = excluded.created_at
WHERE perk.state = 'reversed' AND perk.ref <> excluded.ref
RETURNING *

-- What `ref` is worth by now: a row comes back unless nothing was bought. The member's stage is due to be looked at.
-- Who was the member's guide when it was bought online has the credit, whoever is bound later.
WITH kept AS (
  INSERT INTO purchase (member_id, ref, net_fen, bought_at, guide_staff_id, created_at)
  SELECT :member_id::bigint, :ref::text, :net_fen::bigint, :bought_at::timestamptz,
    (SELECT staff_id FROM guide_binding WHERE member_id = :member_id::bigint AND :online::boolean), :now::timestamptz
  WHERE :net_fen::bigint <> 0 OR EXISTS (SELECT 1 FROM purchase WHERE ref = :ref::text)
  ON CONFLICT (ref) DO UPDATE SET net_fen = excluded.net_fen, updated_at = excluded.created_at
  RETURNING id
)
INSERT INTO member_stage (member_id, stage, since_at, look_at)
SELECT :member_id::bigint, 'observation', :now::timestamptz, :now::timestamptz FROM kept
ON CONFLICT (member_id) DO UPDATE SET look_at = excluded.look_at
RETURNING member_id

-- What `ref` is worth by now: a row comes back unless nothing was bought. The member's stage is due to be looked at.
-- Who was the member's guide when it was bought online has the credit, whoever is bound later.
INSERT INTO purchase (member_id, ref, net_fen, bought_at, guide_staff_id, created_at)
SELECT :member_id, :ref, :net_fen, :bought_at, (SELECT staff_id FROM guide_binding WHERE member_id = :member_id AND :online),
  :now
WHERE :net_fen <> 0 OR EXISTS (SELECT 1 FROM purchase WHERE ref = :ref)
ON CONFLICT (ref) DO UPDATE SET net_fen = excluded.net_fen, updated_at = excluded.created_at;
INSERT INTO member_stage (member_id, stage, since_at, look_at)
SELECT :member_id, 'observation', :now, :now WHERE changes() = 1
ON CONFLICT (member_id) DO UPDATE SET look_at = excluded.look_at
RETURNING member_id

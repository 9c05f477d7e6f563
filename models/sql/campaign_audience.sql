-- The members an audience means, with what the gate asks of each; a page of them, by id.
SELECT m.id, m.follows, m.follow_told_at,
       (SELECT c.given FROM consent c WHERE c.member_id = m.id AND c.purpose = 'promotion'
        ORDER BY c.created_at DESC, c.id DESC LIMIT 1) AS consented,
       EXISTS (SELECT 1 FROM conversation v WHERE v.member_id = m.id AND v.owner <> 'bot') AS with_person
FROM member m
LEFT JOIN member_stage s ON s.member_id = m.id
WHERE m.id > :after AND m.merged_into_id IS NULL
  AND (:every_stage = 1 OR coalesce(s.stage, 'observation') IN (:stage_a, :stage_b, :stage_c))
  AND (:joined_days = 0 OR m.first_seen_at > :joined_from)
  AND (:bought_days = 0 OR EXISTS (
        SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0 AND p.bought_at > :bought_from))
  AND (:silent_days = 0 OR (
        EXISTS (SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0)
        AND NOT EXISTS (
            SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0 AND p.bought_at > :silent_from)))
  AND (:spend_fen = 0 OR (
        SELECT coalesce(sum(p.net_fen), 0) FROM purchase p
        WHERE p.member_id = m.id AND p.bought_at > :year_from) >= :spend_fen)
  AND (:plan = -1 OR EXISTS (
        SELECT 1 FROM membership y WHERE y.member_id = m.id AND y.state = 'active') = (:plan = 1))
ORDER BY m.id
LIMIT :count

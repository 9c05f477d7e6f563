-- Whom an audience means, beside the stages; a page of them, by id.
  AND m.merged_into_id IS NULL
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

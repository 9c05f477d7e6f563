-- Whom an audience means, beside the stages. Lists travel as ',one,two,': a name is in it when taking it out changes it.
  AND m.merged_into_id IS NULL
  AND (:joined_days = 0 OR m.first_seen_at > :joined_from)
  AND (:bought_days = 0 OR EXISTS (
        SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0 AND p.bought_at > :bought_from))
  AND (:silent_days = 0 OR (
        EXISTS (SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0)
        AND NOT EXISTS (
            SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.net_fen > 0 AND p.bought_at > :silent_from)))
  AND (:orders_asked = 0 OR (
        SELECT count(*) FROM purchase p
        WHERE p.member_id = m.id AND p.net_fen > 0 AND p.bought_at > :year_from) BETWEEN :orders_min AND :orders_max)
  AND (:spend_asked = 0 OR (
        SELECT coalesce(sum(p.net_fen), 0) FROM purchase p
        WHERE p.member_id = m.id AND p.bought_at > :year_from) BETWEEN :spend_min_fen AND :spend_max_fen)
  AND (:plan = -1 OR EXISTS (
        SELECT 1 FROM membership y WHERE y.member_id = m.id AND y.state = 'active') = (:plan = 1))
  AND (:tiers = '' OR replace(:tiers, ',' || CAST(coalesce((
        SELECT CASE WHEN t.local > t.matched THEN t.local ELSE t.matched END FROM member_tier t
        WHERE t.member_id = m.id), 1) AS varchar) || ',', '') <> :tiers)
  AND (:super = -1 OR EXISTS (
        SELECT 1 FROM member_tier t WHERE t.member_id = m.id AND t.super_year = :year) = (:super = 1))
  AND (:tags = '' OR EXISTS (
        SELECT 1 FROM member_tag t
        WHERE t.member_id = m.id AND replace(:tags, ',' || t.name || ',', '') <> :tags))
  AND (:did_what = '' OR {{did_:audience_deed}})
  AND (:missed_what = '' OR NOT ({{missed_:audience_deed}}))

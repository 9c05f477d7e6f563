-- A known member seen again: last_seen only moves forward; a follow state only yields to a newer one.
DO UPDATE
SET last_seen_at = CASE WHEN old.last_seen_at > EXCLUDED.last_seen_at THEN old.last_seen_at
                        ELSE EXCLUDED.last_seen_at END,
    follow_told_at = CASE WHEN old.follow_told_at > EXCLUDED.follow_told_at THEN old.follow_told_at
                          ELSE COALESCE(EXCLUDED.follow_told_at, old.follow_told_at) END,
    follows = CASE WHEN EXCLUDED.follow_told_at IS NULL OR old.follow_told_at > EXCLUDED.follow_told_at
                   THEN old.follows ELSE EXCLUDED.follows END,
    level = CASE WHEN EXCLUDED.level = 'follower' AND old.level = 'traffic' THEN 'follower' ELSE old.level END,
    updated_at = EXCLUDED.created_at

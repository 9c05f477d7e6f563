-- Whether the event that the rules end with has happened.
(:ends = 'unfollowed' AND NOT m.follows AND m.follow_told_at IS NOT NULL)

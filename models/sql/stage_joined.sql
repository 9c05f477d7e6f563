-- The instant of the event that the rules begin with.
(CASE WHEN :begins = 'registered' THEN coalesce(m.registered_at, m.first_seen_at) ELSE m.first_seen_at END)

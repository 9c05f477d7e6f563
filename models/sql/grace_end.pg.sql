y.ends_at + make_interval(days => :grace_days::int)

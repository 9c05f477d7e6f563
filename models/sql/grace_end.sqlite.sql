strftime('%Y-%m-%d %H:%M:%S+00:00', y.ends_at, '+' || :grace_days || ' days')

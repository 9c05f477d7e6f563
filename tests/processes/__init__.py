"""Real processes, real faults: PostgreSQL, two web processes, the jobs, and kill -9."""

"""The jobs: a timetable, and a ticker that asks it once a second what has fallen due."""

# regenerate the initial migration while nothing is released
mv migrations/0002_constraints.py /tmp/0002_constraints.py; rm -f migrations/0001*
timeout 30 .venv/bin/tortoise -c models.database.TORTOISE_ORM makemigrations -n initial 2>&1|tail -1
mv /tmp/0002_constraints.py migrations/

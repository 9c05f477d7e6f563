-- As many fresh member ids as asked for.
SELECT nextval(pg_get_serial_sequence('member', 'id')) AS id FROM generate_series(1, :count::int)

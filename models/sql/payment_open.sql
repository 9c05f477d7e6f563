-- A payment is asked for, unless one is open for the same thing already: then no row comes back.
INSERT INTO payment (member_id, out_trade_no, purpose, ref, description, amount_fen, state, prepay_id, expires_at, created_at)
VALUES (:member_id, :out_trade_no, :purpose, :ref, :description, :amount_fen, 'wanted', '', :expires_at, :now)
ON CONFLICT DO NOTHING
RETURNING *

-- One word of a carrier, once each: a row comes back only when it was not heard before.
INSERT INTO parcel_event (parcel_id, action, told_at, text, created_at)
VALUES (:parcel_id, :action, :told_at, :text, :now)
ON CONFLICT (parcel_id, action, told_at) DO NOTHING
RETURNING id

-- The places of these members, given back.
UPDATE broadcast_place SET taken = taken - 1, updated_at = :now
WHERE month = :month AND taken > 0
  AND member_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:members) AS value)

-- The places of a broadcast's messages in a state, given back; all of them, or those of one call.
UPDATE broadcast_place SET taken = taken - 1, updated_at = :now
WHERE month = :month AND taken > 0 AND member_id IN (
    SELECT c.member_id FROM care_message c
    WHERE c.occurrence = :occurrence AND c.state = :state AND (:reason = '' OR c.reason = :reason))

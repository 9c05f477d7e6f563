-- One of the member's own addresses.
SELECT * FROM member_address WHERE id = :address_id AND member_id = :member_id

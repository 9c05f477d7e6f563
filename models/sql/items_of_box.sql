-- What is in a box, without what was taken out of the proposal.
SELECT * FROM box_item WHERE box_id = :box_id AND state <> 'removed' ORDER BY id

-- The box each member means by "my box": the newest that is not over, else the newest; a row for each piece in it.
SELECT b.member_id, b.id, b.state, b.deadline_at, b.charge_fen, i.name, i.colour, i.size
FROM (
    SELECT id, member_id, state, deadline_at, charge_fen,
           ROW_NUMBER() OVER (
               PARTITION BY member_id
               ORDER BY CASE WHEN state IN ('settled', 'cancelled', 'lost') THEN 1 ELSE 0 END, id DESC
           ) AS place
    FROM box WHERE member_id {{of_members}}
) AS b
LEFT JOIN box_item AS i ON i.box_id = b.id AND i.state <> 'removed'
WHERE b.place = 1
ORDER BY i.id

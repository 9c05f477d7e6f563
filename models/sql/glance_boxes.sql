-- The box each member means by "my box": the newest that is not over, else the newest; a row for each piece in it.
-- Beside it the one of their other boxes that is to be decided on first, as after an exchange.
SELECT b.member_id, b.id, b.state, b.deadline_at, b.charge_fen, i.name, i.colour, i.size,
       o.id AS other_id, o.deadline_at AS other_until
FROM (
    SELECT id, member_id, state, deadline_at, charge_fen,
           ROW_NUMBER() OVER (
               PARTITION BY member_id
               ORDER BY CASE WHEN state IN ('settled', 'cancelled', 'lost') THEN 1 ELSE 0 END, id DESC
           ) AS place
    FROM box WHERE member_id {{of_members}}
) AS b
LEFT JOIN box AS o ON o.id = (
    SELECT x.id FROM box AS x
    WHERE x.member_id = b.member_id AND x.id <> b.id AND x.state IN ('delivered', 'deciding', 'returning')
    ORDER BY x.deadline_at LIMIT 1
)
LEFT JOIN box_item AS i ON i.box_id = b.id AND i.state <> 'removed'
WHERE b.place = 1
ORDER BY i.id

-- One row per member.
SELECT f.member_id, sum(f.days) AS days, sum(f.sessions) AS sessions, sum(f.boxes) AS boxes, sum(f.opinions) AS opinions,
       sum(f.voices) AS voices, sum(f.orders) AS orders, sum(f.net_fen) AS net_fen
FROM facts f JOIN member m ON m.id = f.member_id AND m.merged_into_id IS NULL
GROUP BY f.member_id
ORDER BY f.member_id

-- What members of a range of ids did in a month; who did nothing is not in it.
WITH acts AS (
    {{month_acts}}
), facts AS (
    SELECT member_id, count(DISTINCT (at AT TIME ZONE 'Asia/Shanghai')::date) AS days,
           0 AS sessions, 0 AS boxes, 0 AS opinions, 0 AS voices, 0 AS orders, 0 AS net_fen FROM acts GROUP BY member_id
    {{month_things}}
)
{{month_sums}}

-- Of some months: how many members scored in each ten (90 to 100 are one), by score, with the sums the means are made of.
SELECT month, score, CASE WHEN points >= 90 THEN 90 ELSE points - points % 10 END AS ten, count(*) AS members,
       sum(points) AS points
FROM (
    SELECT month, 'activity' AS score, activity AS points FROM month_score WHERE month >= :first AND month <= :last
    UNION ALL SELECT month, 'immersion', immersion FROM month_score WHERE month >= :first AND month <= :last
    UNION ALL SELECT month, 'conversion', conversion FROM month_score WHERE month >= :first AND month <= :last
) each_score
GROUP BY month, score, CASE WHEN points >= 90 THEN 90 ELSE points - points % 10 END
ORDER BY 1, 2, 3

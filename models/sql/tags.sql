-- Every tag, with how many carry it.
SELECT t.name, count(*) AS n FROM member_tag t GROUP BY t.name ORDER BY t.name

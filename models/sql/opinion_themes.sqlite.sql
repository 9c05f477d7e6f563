-- Words of opinions by product, the most frequent first.
SELECT w.value AS word, o.product_id, count(*) AS opinions, count(DISTINCT o.member_id) AS members,
       group_concat(o.id) AS ids
FROM opinion o, json_each(o.keywords) AS w
WHERE o.created_at >= :since AND o.created_at < :until AND o.keywords IS NOT NULL
GROUP BY w.value, o.product_id
ORDER BY opinions DESC, members DESC, w.value, o.product_id
LIMIT :count

-- Words of opinions by product, the most frequent first.
SELECT w.word, o.product_id, count(*) AS opinions, count(DISTINCT o.member_id) AS members,
       string_agg(o.id::text, ',') AS ids
FROM opinion o CROSS JOIN LATERAL jsonb_array_elements_text(o.keywords) AS w(word)
WHERE o.created_at >= :since AND o.created_at < :until AND jsonb_typeof(o.keywords) = 'array'
GROUP BY w.word, o.product_id
ORDER BY opinions DESC, members DESC, w.word, o.product_id
LIMIT :count::int

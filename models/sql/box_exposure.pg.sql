-- What could still be charged of the boxes that are out, by the Shanghai day their deadline falls on; no day: not signed.
SELECT CAST(CAST((b.deadline_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai' AS date) AS text) AS day,
  COUNT(DISTINCT b.id) AS boxes,
  CAST(SUM(i.price_fen) AS BIGINT) AS goods_fen
FROM box b JOIN box_item i ON i.box_id = b.id
WHERE b.state IN ('shipped', 'delivered', 'deciding', 'returning', 'grading', 'disputed')
  AND i.state IN ('reserved', 'at_member', 'keeping', 'returning', 'received', 'missing', 'bought')
GROUP BY day
ORDER BY day NULLS LAST

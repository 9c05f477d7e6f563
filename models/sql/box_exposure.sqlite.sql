-- What could still be charged of the boxes that are out, by the Shanghai day their deadline falls on; no day: not signed.
SELECT date(b.deadline_at, '-1 seconds', '+8 hours') AS day,
  COUNT(DISTINCT b.id) AS boxes,
  SUM(i.price_fen) AS goods_fen
FROM box b JOIN box_item i ON i.box_id = b.id
WHERE b.state IN ('shipped', 'delivered', 'deciding', 'returning', 'grading', 'disputed')
  AND i.state IN ('reserved', 'at_member', 'keeping', 'returning', 'received', 'missing', 'bought')
GROUP BY day
ORDER BY day IS NULL, day

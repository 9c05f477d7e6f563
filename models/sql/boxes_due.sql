-- Boxes whose deadline is over, or whose dispute nobody decided in time; the longest overdue first.
SELECT id FROM (
  SELECT id, deadline_at AS due_at FROM box
  WHERE state IN ('delivered', 'deciding', 'returning', 'grading', 'disputed') AND deadline_at <= :now
  UNION ALL
  SELECT id, disputed_at FROM box WHERE state = 'disputed' AND disputed_at <= :disputed
) AS due GROUP BY id ORDER BY MIN(due_at), id

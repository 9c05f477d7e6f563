-- Stock that is not what its movements add up to, column by column.
SELECT subject, CAST(wanted AS BIGINT) AS wanted, CAST(found AS BIGINT) AS found FROM (
  SELECT 'sku:' || s.id || ':' || c.name AS subject,
    CASE c.name WHEN 'received' THEN COALESCE(e.received, 0) WHEN 'on_hand' THEN COALESCE(e.on_hand, 0)
      WHEN 'reserved' THEN COALESCE(e.reserved, 0) WHEN 'sold' THEN COALESCE(e.sold, 0) ELSE COALESCE(e.lost, 0) END AS wanted,
    CASE c.name WHEN 'received' THEN s.received WHEN 'on_hand' THEN s.on_hand
      WHEN 'reserved' THEN s.reserved WHEN 'sold' THEN s.sold ELSE s.lost END AS found
  FROM sku s
  LEFT JOIN (
    SELECT sku_id,
      SUM(CASE WHEN step IN ('receive', 'surplus') THEN quantity ELSE 0 END) AS received,
      SUM(CASE step WHEN 'receive' THEN quantity WHEN 'release' THEN quantity WHEN 'take_back' THEN quantity
        WHEN 'find' THEN quantity WHEN 'surplus' THEN quantity WHEN 'reserve' THEN -quantity WHEN 'shrink' THEN -quantity
        ELSE 0 END) AS on_hand,
      SUM(CASE step WHEN 'reserve' THEN quantity WHEN 'release' THEN -quantity WHEN 'sell' THEN -quantity
        WHEN 'lose' THEN -quantity ELSE 0 END) AS reserved,
      SUM(CASE step WHEN 'sell' THEN quantity WHEN 'take_back' THEN -quantity WHEN 'scrap' THEN -quantity
        ELSE 0 END) AS sold,
      SUM(CASE step WHEN 'lose' THEN quantity WHEN 'scrap' THEN quantity WHEN 'shrink' THEN quantity
        WHEN 'find' THEN -quantity ELSE 0 END) AS lost
    FROM stock_entry GROUP BY sku_id
  ) e ON e.sku_id = s.id
  CROSS JOIN (SELECT 'received' AS name UNION ALL SELECT 'on_hand' UNION ALL SELECT 'reserved'
    UNION ALL SELECT 'sold' UNION ALL SELECT 'lost') c
) AS columns_of WHERE wanted <> found ORDER BY subject LIMIT :most

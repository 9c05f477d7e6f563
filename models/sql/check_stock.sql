-- Pieces received that are not sold, lost, on hand or reserved.
SELECT 'sku:' || id AS subject, CAST(received AS BIGINT) AS wanted,
  CAST(sold + lost + on_hand + reserved AS BIGINT) AS found
FROM sku WHERE received <> sold + lost + on_hand + reserved ORDER BY id LIMIT :most

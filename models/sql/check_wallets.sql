-- Stored value that is not what its lines say, or not what the ledger owes the member, who may have no wallet at all.
SELECT subject, CAST(wanted AS BIGINT) AS wanted, CAST(found AS BIGINT) AS found FROM (
  SELECT 'wallet:' || w.id || ':' || c.name AS subject,
    CASE c.name WHEN 'principal' THEN COALESCE(e.principal, 0) WHEN 'bonus' THEN COALESCE(e.bonus, 0)
      WHEN 'held_principal' THEN COALESCE(e.held_principal, 0) WHEN 'held_bonus' THEN COALESCE(e.held_bonus, 0)
      WHEN 'ledger_principal' THEN COALESCE(l.principal, 0) ELSE COALESCE(l.bonus, 0) END AS wanted,
    CASE c.name WHEN 'principal' THEN w.principal_fen WHEN 'bonus' THEN w.bonus_fen
      WHEN 'held_principal' THEN w.held_principal_fen WHEN 'held_bonus' THEN w.held_bonus_fen
      WHEN 'ledger_principal' THEN w.principal_fen + w.held_principal_fen
      ELSE w.bonus_fen + w.held_bonus_fen END AS found
  FROM wallet w
  LEFT JOIN (
    SELECT wallet_id,
      SUM(CASE WHEN step IN ('hold', 'use', 'refund', 'void') THEN -principal_fen ELSE principal_fen END) AS principal,
      SUM(CASE WHEN step IN ('hold', 'use', 'refund', 'void') THEN -bonus_fen ELSE bonus_fen END) AS bonus,
      SUM(CASE step WHEN 'hold' THEN principal_fen WHEN 'release' THEN -principal_fen ELSE 0 END) AS held_principal,
      SUM(CASE step WHEN 'hold' THEN bonus_fen WHEN 'release' THEN -bonus_fen ELSE 0 END) AS held_bonus
    FROM wallet_entry GROUP BY wallet_id
  ) e ON e.wallet_id = w.id
  LEFT JOIN (
    SELECT member_id,
      SUM(CASE account WHEN 'stored_principal' THEN -amount_fen ELSE 0 END) AS principal,
      SUM(CASE account WHEN 'stored_bonus' THEN -amount_fen ELSE 0 END) AS bonus
    FROM ledger_line WHERE account IN ('stored_principal', 'stored_bonus') GROUP BY member_id
  ) l ON l.member_id = w.member_id
  CROSS JOIN (SELECT 'principal' AS name UNION ALL SELECT 'bonus' UNION ALL SELECT 'held_principal'
    UNION ALL SELECT 'held_bonus' UNION ALL SELECT 'ledger_principal' UNION ALL SELECT 'ledger_bonus') c
  UNION ALL
  SELECT 'member:' || member_id, 0, -SUM(amount_fen) FROM ledger_line
  WHERE account IN ('stored_principal', 'stored_bonus') AND member_id NOT IN (SELECT member_id FROM wallet)
  GROUP BY member_id
) AS columns_of WHERE wanted <> found ORDER BY subject LIMIT :most

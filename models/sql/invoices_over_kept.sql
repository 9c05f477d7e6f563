-- Invoices of a member that say more than is kept of their purchase by now.
SELECT invoice.id FROM invoice JOIN purchase ON purchase.ref = invoice.ref
WHERE invoice.member_id = :member_id AND invoice.state = 'issued' AND purchase.net_fen < invoice.amount_fen
ORDER BY invoice.id

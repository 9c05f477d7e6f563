-- What was given back of each transaction of `ref` so far, how often, and when WeChat was last to be asked.
SELECT r.transaction_id, SUM(r.amount_fen) AS back_fen, COUNT(*) AS refunds, MAX(c.next_at) AS last_at
FROM refund r LEFT JOIN outside_call c ON c.kind = 'refund' AND c.ref = r.out_refund_no
WHERE r.transaction_id {{of_transactions}}
GROUP BY r.transaction_id

-- Everything about one member in one order, the newest first: what it was, about what, and why.
SELECT at, kind, id, what, ref FROM (
    SELECT created_at AS at, 'source' AS kind, id, CAST(source AS TEXT) AS what, CAST(scene AS TEXT) AS ref
    FROM source_seen WHERE member_id = :member_id
    UNION ALL
    SELECT created_at, 'consent', id, CASE WHEN given THEN 'given' ELSE 'withdrawn' END, purpose
    FROM consent WHERE member_id = :member_id
    UNION ALL
    SELECT created_at, 'points', id, CAST(points AS TEXT) || ' ' || reason, ref FROM points_entry WHERE member_id = :member_id
    UNION ALL
    SELECT bought_at, 'purchase', id, CAST(net_fen AS TEXT), ref FROM purchase WHERE member_id = :member_id
    UNION ALL
    SELECT created_at, 'payment', id, CAST(amount_fen AS TEXT) || ' ' || state, ref FROM payment WHERE member_id = :member_id
    UNION ALL
    SELECT created_at, 'refund', id, CAST(amount_fen AS TEXT) || ' ' || state, ref FROM refund WHERE member_id = :member_id
    UNION ALL
    SELECT created_at, 'booking', id, state, 'booking' FROM booking WHERE member_id = :member_id
    UNION ALL
    SELECT h.created_at, 'box', h.id, h.old || ' to ' || h.new, 'box:' || CAST(b.id AS TEXT)
    FROM history h JOIN box b ON b.id = h.row_id WHERE h.noun = 'box' AND b.member_id = :member_id
    UNION ALL
    SELECT h.created_at, 'plan', h.id, h.old || ' to ' || h.new, 'membership:' || CAST(m.id AS TEXT)
    FROM history h JOIN membership m ON m.id = h.row_id WHERE h.noun = 'plan' AND m.member_id = :member_id
    UNION ALL
    SELECT created_at, noun, id, old || ' to ' || new, why FROM history
    WHERE noun IN ('member', 'tier', 'super_user') AND row_id = :member_id
    UNION ALL
    SELECT sent_at, 'message', id, step, occurrence FROM care_message
    WHERE member_id = :member_id AND state = 'sent' AND sent_at IS NOT NULL
    UNION ALL
    SELECT l.created_at, 'chat', l.id, l.text, l.side
    FROM chat_line l JOIN identity i ON i.openid = l.openid WHERE i.member_id = :member_id
) AS t
ORDER BY at DESC, kind, id DESC
LIMIT :count OFFSET :skip

-- Whether a member (m) did one thing since an instant.
   (:what = 'seen' AND m.last_seen_at > :since)
   OR (:what = 'booked' AND EXISTS (SELECT 1 FROM booking d WHERE d.member_id = m.id AND d.created_at > :since))
   OR (:what = 'boxed' AND EXISTS (SELECT 1 FROM box d WHERE d.member_id = m.id AND d.created_at > :since))
   OR (:what = 'opined' AND EXISTS (SELECT 1 FROM opinion d WHERE d.member_id = m.id AND d.created_at > :since))

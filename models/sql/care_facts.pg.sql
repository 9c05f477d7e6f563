-- What the gate asks about each of these messages; what only promotions need is only read for them.
WITH asked AS (
    SELECT c.id, c.member_id, c.priority, c.message_class = 'promotion' AS promotion,
           (SELECT i.openid FROM identity i WHERE i.member_id = c.member_id AND i.appid = :official_appid
            ORDER BY i.id DESC LIMIT 1) AS official_openid,
           (SELECT i.openid FROM identity i WHERE i.member_id = c.member_id AND i.appid = :mini_appid
            ORDER BY i.id DESC LIMIT 1) AS mini_openid
    FROM care_message c WHERE c.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids) AS value)
)
SELECT a.id, a.official_openid, a.mini_openid,
       (SELECT v.owner FROM conversation v WHERE v.openid = a.official_openid) AS chat_owner,
       CASE WHEN a.promotion THEN (
           SELECT n.given FROM consent n WHERE n.member_id = a.member_id AND n.purpose = 'promotion'
           ORDER BY n.created_at DESC, n.id DESC LIMIT 1) END AS consented,
       CASE WHEN a.promotion THEN (
           SELECT jsonb_agg(o.sent_at) FROM care_message o
           WHERE o.member_id = a.member_id AND o.message_class = 'promotion' AND o.id <> a.id
             AND o.state IN ('sent', 'sending', 'unknown') AND o.sent_at > :since) END AS promoted_at,
       CASE WHEN a.promotion THEN EXISTS (
           SELECT 1 FROM care_message o
           WHERE o.member_id = a.member_id AND o.message_class = 'promotion' AND o.state = 'planned'
             AND o.priority > a.priority AND o.send_at < :day_end
             -- What stands still keeps the day's place from nobody.
             AND NOT EXISTS (SELECT 1 FROM campaign s WHERE s.state = 'paused' AND o.occurrence = 'campaign:' || s.id)
           ) END AS outranked
FROM asked a

-- What a pass is about to change, for the length of its transaction.
CREATE TEMP TABLE stage_due (member_id bigint NOT NULL, old text, old_look timestamptz, stage text, reason text,
                             look_at timestamptz) ON COMMIT DROP;
-- Members of one range lie side by side: what an index leads to is the next page, so three indexes are walked together.
SET LOCAL random_page_cost = 1.1

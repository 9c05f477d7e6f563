-- What a pass is about to change, for the length of its transaction.
CREATE TEMP TABLE stage_due (member_id bigint PRIMARY KEY, old text, old_look timestamptz, stage text, reason text,
                             look_at timestamptz) ON COMMIT DROP

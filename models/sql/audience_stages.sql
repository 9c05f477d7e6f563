-- Whether a member (m) with the row of their stage (s, if there is one) stands in a stage that is meant.
(:every_stage = 1 OR coalesce(s.stage, 'observation') IN (:stage_a, :stage_b, :stage_c))

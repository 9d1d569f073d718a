# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KnowsTheNodes*
s|rank_at({d, stage, 0}, shape)|rank_at({d, stage / shape.pipeline, 0}, shape)|

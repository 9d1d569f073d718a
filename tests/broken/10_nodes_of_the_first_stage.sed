# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_plan_test Plan.KnowsTheNodes*
s/rank_at({d, place.pipeline, place.tensor}, shape)/rank_at({d, 0, place.tensor}, shape)/

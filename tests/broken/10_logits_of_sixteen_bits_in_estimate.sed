# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.EstimatesWhat*
s/ || l + 2 == s.sizes.size()) return sum_seconds/) return sum_seconds/

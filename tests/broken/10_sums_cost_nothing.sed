# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.Estimates*
s/ == s.sizes.size()) return sum_seconds/ == s.sizes.size()) return 0 * sum_seconds/

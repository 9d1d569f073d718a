# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.FewRows*
s/return sums ? sum_seconds/return sums ? 0 * sum_seconds/

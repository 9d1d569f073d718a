# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.Estimates*
s/return l % 2 == 1 ? sum_seconds/return l % 2 == 1 ? 0 * sum_seconds/

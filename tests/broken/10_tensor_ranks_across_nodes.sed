# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KeepsTensor*
s/if (a.crosses != b.crosses) return b.crosses;//

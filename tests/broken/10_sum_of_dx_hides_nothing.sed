# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.Hides*:Plan.Estimates*
s/waits ? 0 : dw);/waits ? 0 : 0 * dw);/

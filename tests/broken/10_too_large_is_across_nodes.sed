# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.IsTold
s/!p.fits ? "  too large" : p.crosses ? "  across nodes" : ""/p.crosses ? "  across nodes" : !p.fits ? "  too large" : ""/

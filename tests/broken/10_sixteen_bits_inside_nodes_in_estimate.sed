# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.TakesTwo*
s/inside = sixteen \&\& !(s.two_level \&\& !s.reproducible);/inside = sixteen;/

# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.TakesTwo*
s/back = s.two_level ? two : one;/back = one;/

# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.TakesTwoLevels*
s/ || (s.gradients_as \&\& !s.reproducible)//

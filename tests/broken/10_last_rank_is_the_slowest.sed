# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KnowsTheNodes*
s/slowest = std::max(slowest, \(added + .*\));/slowest = \1;/

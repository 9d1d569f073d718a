# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KeepsTensor*
s/ \&\& shape.ranks() > machine.ranks_of_node//

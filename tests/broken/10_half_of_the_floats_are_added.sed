# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.*
s/return m.reduction(bytes) - (s.gradients_as.*/return m.reduction(s.gradients_as ? bytes \/ 2 : bytes);/

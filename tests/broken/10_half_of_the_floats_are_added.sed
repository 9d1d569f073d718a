# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.*
s/return m.reduction(bytes) - (sixteen_bits.*/return m.reduction(sixteen_bits ? bytes \/ 2 : bytes);/

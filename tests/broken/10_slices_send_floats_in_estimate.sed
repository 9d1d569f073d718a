# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.EstimatesWhat*
s/m.exchange(double(s.activation_bytes) \* block)/m.exchange(4.0 * block)/

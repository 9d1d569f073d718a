# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.EstimatesWhat*
s/return m.exchange(double(s.activation_bytes)/return m.exchange(4.0/

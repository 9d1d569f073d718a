# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.Estimates*
s|vectors \* n) / shape.data /|vectors * n) /|

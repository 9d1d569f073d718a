# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.ComputesAgain*
s/const int first = std::max(1, wish.keep_every), last = wish.keep_every > 0 ? first : .*$/const int first = std::max(1, wish.keep_every), last = first;/

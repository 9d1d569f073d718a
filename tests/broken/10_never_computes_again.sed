# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.ComputesAgain*
s,last = given ? first : .*$,last = first;,

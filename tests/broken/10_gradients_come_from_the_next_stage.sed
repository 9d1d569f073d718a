# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KnowsTheNodes*
s/messages_between(stage_of(c), stage_of(c - 1), shape, machine)/messages_between(stage_of(c), stage_of(c + 1), shape, machine)/

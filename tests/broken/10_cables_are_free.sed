# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KnowsWhich*
s/  return apart ? m.between : m.messages;/  return apart ? m.messages : m.messages;/

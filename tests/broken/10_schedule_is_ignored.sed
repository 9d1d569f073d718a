# chapters/10_hybrid/hybrid_options.cpp 10_hybrid_plan_test Settings.*
s/^          .schedule = schedule,$/          .schedule = "1f1b",/

# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.WhatIsNotThere*
s/ranks == 1 || floats == 0 ?/ranks == 1 || floats == 1 ?/

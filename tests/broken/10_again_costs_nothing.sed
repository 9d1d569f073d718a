# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.Estimates*
/if (is_computed_again(chunks\[c\], l, s.keep_every))/{n;s/backward += product_seconds(\(.*\));/backward += 0 * product_seconds(\1);/;}

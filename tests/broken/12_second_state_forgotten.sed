# chapters/10_hybrid/hybrid_model.cpp 12_restart_test Restart.OnTheSame*
s/optimizer(u).state(v - 1)/optimizer(u).state(0 * v)/

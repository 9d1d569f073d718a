# chapters/10_hybrid/hybrid_model.cpp 12_restart_test Restart.OnTheSame*
s/optimizer(layer).state(v - 1)/optimizer(layer).state(0 * v)/

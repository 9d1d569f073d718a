# chapters/10_hybrid/hybrid_model.cpp 12_restart_test Restart.OnTheSame*
s/set_steps(int(steps))/set_steps(int(0 * steps))/

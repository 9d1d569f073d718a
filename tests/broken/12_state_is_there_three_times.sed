# chapters/12_restart/gather.cpp 12_restart_checkpoint_test Gather.HoldsTheState*
s/^  out.content = std::vector<float>();.*/  ;/

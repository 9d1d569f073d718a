# chapters/12_restart/checkpoint_writer.cpp 12_restart_checkpoint_test Gather.HoldsTheState*
s/block_ = std::vector<float>();/block_ = {};/

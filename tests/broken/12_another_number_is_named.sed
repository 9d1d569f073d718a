# chapters/12_restart/gather.cpp 12_restart_checkpoint_test Gather.PutsEach*
s/std::to_string(std::min(expected, size_t(p.place)))/std::to_string(std::max(expected, size_t(p.place)))/

# chapters/12_restart/gather.cpp 12_restart_checkpoint_test Gather.CutsTheFile*
s/constexpr size_t page = 1024;/constexpr size_t page = 1000;/

# chapters/12_restart/gather.cpp 12_restart_checkpoint_test Gather.PutsEach*
s/if (p.place != expected)/if (p.place < block.first)/

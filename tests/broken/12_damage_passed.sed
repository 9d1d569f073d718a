# chapters/12_restart/checkpoint_file.cpp 12_restart_checkpoint_test Damage.*
s/if (sum != header.checksum)/if (sum == 0)/

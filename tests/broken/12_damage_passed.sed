# chapters/12_restart/checkpoint.cpp 12_restart_checkpoint_test Damage.*
s/if (sum_over_ranks(sum, comm) != header.checksum)/if (sum_over_ranks(sum, comm) == 0)/

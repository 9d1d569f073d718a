# chapters/10_hybrid/checkpoint.cpp 10_hybrid_checkpoint_test Damage.*
s/if (sum_over_ranks(sum, comm) != header.checksum)/if (sum_over_ranks(sum, comm) == 0)/

# chapters/13_scaling/simulated_mpi.cpp 13_scaling_engine_test ALongMessage.*
s/if (!w.cluster.progress_alone) {/if (false) {/

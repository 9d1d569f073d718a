# chapters/13_scaling/messages.cpp 13_scaling_engine_test ALongMessage.*
s/if (!w.cluster.progress_alone) {/if (false) {/

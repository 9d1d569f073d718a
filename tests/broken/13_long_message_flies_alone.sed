# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Mistakes.LongMessagesInACircle
s/if (queues.receives.empty() \&\& is_long) {/if (false \&\& is_long) {/

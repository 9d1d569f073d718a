# chapters/11_scaling/simulated_mpi.cpp 11_scaling_test Mistakes.LongMessagesInACircle
s/if (queues.receives.empty() \&\& is_long) {/if (false \&\& is_long) {/

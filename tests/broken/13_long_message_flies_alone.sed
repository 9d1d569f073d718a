# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Mistakes.LongMessagesInACircle
s/if (!m.is_long) fly(number);/fly(number);/

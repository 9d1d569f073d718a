# chapters/13_scaling/simulated_collectives.cpp 13_scaling_test Mistakes.DifferentCollectives
s/if (together.name != name)$/if (false)/

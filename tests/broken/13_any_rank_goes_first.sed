# chapters/13_scaling/world.cpp 13_scaling_test Clocks.TheEarliestGoesFirst
s/if (turns_.empty() || turns_.top() < mine) return;/return;/

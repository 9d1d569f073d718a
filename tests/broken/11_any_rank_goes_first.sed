# chapters/11_scaling/world.cpp 11_scaling_test Clocks.TheEarliestGoesFirst
s/if (turns_.empty() || turns_.top() < mine) return;/return;/

# chapters/13_scaling/world.cpp 13_scaling_corners_test Stacks.ThatTheSystem*
s/if (memory == MAP_FAILED) throw/if (!memory) throw/

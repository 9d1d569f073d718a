# chapters/13_scaling/world.cpp 13_scaling_corners_test Stacks.*
s/^  mprotect(memory, page, PROT_NONE);.*$//

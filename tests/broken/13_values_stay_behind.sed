# chapters/13_scaling/simulated_mpi.cpp 13_scaling_corners_test Communicators.ForgetWhatHangsOnThemAtTheEnd
s/  while (!attributes.empty()) {/  while (attributes.size() > 2) {/

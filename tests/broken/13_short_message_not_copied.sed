# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Messages.ArriveWhole
s|if (!m.is_long && !is_ghost(data))$|if (false)|

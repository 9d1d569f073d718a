# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Messages.AreMatched*
s/queues.sent.push_back(number);/queues.sent.push_front(number);/

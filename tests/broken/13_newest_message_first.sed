# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Messages.AreMatched*
s/queues.sent.push_back(std::move(waiting));/queues.sent.push_front(std::move(waiting));/

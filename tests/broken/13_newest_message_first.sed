# chapters/13_scaling/messages.cpp 13_scaling_test Messages.AreMatched*
s/queue.push_back(handle);/queue.push_front(handle);/

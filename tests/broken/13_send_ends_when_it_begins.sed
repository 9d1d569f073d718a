# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/return w.network.begin(/return end(event.number), w.network.begin(/

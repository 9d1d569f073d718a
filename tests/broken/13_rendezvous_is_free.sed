# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/const double spoken = link_of(m).rendezvous/const double spoken = 0/

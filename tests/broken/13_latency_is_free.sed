# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/event.moment + link_of(m).latency/event.moment/

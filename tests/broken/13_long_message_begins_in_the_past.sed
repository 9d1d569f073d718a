# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/std::max(m.ready, w.now_everywhere())/m.ready/

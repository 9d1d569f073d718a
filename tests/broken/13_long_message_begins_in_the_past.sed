# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/std::max(m.ready, now) + spoken/m.ready + spoken/

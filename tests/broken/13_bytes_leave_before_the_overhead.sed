# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/m.ready = w.now() + overhead;/m.ready = w.now();/

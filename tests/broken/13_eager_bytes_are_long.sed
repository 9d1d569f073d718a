# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/double(send.bytes) > world/double(send.bytes) >= world/

# chapters/13_scaling/messages.cpp 13_scaling_engine_test ALongMessage.NeedsItsReceiverOnce
s/if (m.answered < 0) {/{/

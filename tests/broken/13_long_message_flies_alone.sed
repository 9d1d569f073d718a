# chapters/13_scaling/messages.cpp 13_scaling_test Mistakes.LongMessagesInACircle
s/if (!is_long(m)) fly(handle, m.ready);/fly(handle, m.ready);/

# chapters/13_scaling/messages.cpp 13_scaling_test Mistakes.AMessageThatDoesNotFit
s/if (m.bytes > r.bytes)$/if (m.bytes > r.bytes + 1)/

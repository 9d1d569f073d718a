# chapters/13_scaling/messages.cpp 13_scaling_test Mistakes.DifferentCollectives
s/if (m.collective != r.collective)$/if (false)/

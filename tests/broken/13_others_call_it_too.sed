# chapters/13_scaling/messages.cpp 13_scaling_test Mistakes.DifferentCollectives
s/" calls " + r.collective + " on/" calls " + m.collective + " on/

# chapters/13_scaling/world.cpp 13_scaling_test Mistakes.RanksThatWait*
s/waiting = failure_ ? "" : who_waits(); /waiting = ""; /

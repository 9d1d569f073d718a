# chapters/13_scaling/network.cpp 13_scaling_engine_test Work.GrowsWithTheMessages
s,^    return;$,    port.first = -1;,

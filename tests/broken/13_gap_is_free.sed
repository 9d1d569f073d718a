# chapters/13_scaling/network.cpp 13_scaling_engine_test AMessage.*
s/  bytes += link.gap \* link.bytes_per_second;/  bytes += 0 * link.gap;/

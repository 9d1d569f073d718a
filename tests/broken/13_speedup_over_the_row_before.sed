# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.PutsSim*
s/if (serial == 0) serial = simulated;/serial = simulated + (serial > 0 ? serial : 0);/

# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/if (rate != s.rate) set_rate/if (s.rate == 0) set_rate/

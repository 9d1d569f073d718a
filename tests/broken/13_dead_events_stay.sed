# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/^    if (port.queued.number >= 0) events_.erase.*//

# chapters/13_scaling/network.cpp 13_scaling_engine_test Work.OfOneMessage
s/^    looked_at_ += port.streams.size();$/    ;/

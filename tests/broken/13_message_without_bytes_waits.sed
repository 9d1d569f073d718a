# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.StandInLine*
s/= bytes == 0 ? -1 : stream_of/= stream_of/

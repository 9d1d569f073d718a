# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.EndTogether
/^void Network::end/,/^}/s/^  queue_the_firsts();$//

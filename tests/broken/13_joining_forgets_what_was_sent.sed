# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.GoAsTheRuleSays
/^void Network::join/,/^}/s/^  s.sent += s.rate \* (now - s.since);$//

# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.GoAsTheRuleSays
s/if (stream == port.first || s.end </if (s.end </

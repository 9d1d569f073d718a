# chapters/13_scaling/world.cpp 13_scaling_engine_test RandomPrograms.*
s/if (network.settled() \&\& (events.empty() || clock < events.begin()->moment)) {/{/

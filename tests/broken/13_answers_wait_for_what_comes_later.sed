# chapters/13_scaling/messages.cpp 13_scaling_engine_test OneConnection.*
s/if (request_of(other).begin <= answered) return/return/

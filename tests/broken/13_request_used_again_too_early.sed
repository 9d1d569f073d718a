# chapters/13_scaling/messages.cpp 13_scaling_engine_test RandomPrograms.*
s/m.holders = 2;/m.holders = 1;/

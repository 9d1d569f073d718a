# chapters/13_scaling/world.cpp 13_scaling_engine_test RandomPrograms.*
s/left_mpi >= now_;/left_mpi > now_;/

# chapters/05_collectives/live_mpi.cpp 05_collectives_live_test LiveCollectives.Send*
s/before\.empty() ? now : before\.back()/now/

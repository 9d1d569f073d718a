# chapters/13_scaling/simulated_mpi.cpp 13_scaling_engine_test ALongMessage.BeginsWhen*
s/m.receiver_knows = m.receiver_knows || w.is_inside(to);/m.receiver_knows = true;/

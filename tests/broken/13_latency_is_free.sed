# chapters/13_scaling/simulated_mpi.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/event.moment + w.network.topology().link(e.from, e.to).latency/event.moment/

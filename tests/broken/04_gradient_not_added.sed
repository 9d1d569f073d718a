# chapters/04_point_to_point/parameter_server.cpp 04_point_to_point_test Cases/Parity.*
s|if (write == Write::accumulate) device_.add|if (write == Write::overwrite) device_.add|

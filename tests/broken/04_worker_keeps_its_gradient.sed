# chapters/04_point_to_point/parameter_server.cpp 04_point_to_point_test Cases/Parity.*
s|return Write::overwrite;  // what was sent is gone|return Write::accumulate;|

# chapters/04_point_to_point/parameter_server.cpp 04_point_to_point_test Cases/Parity.*
s|write == Write::overwrite ? gradients_ : arrived_.data()|arrived_.data()|

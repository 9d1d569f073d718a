# chapters/11_fewer_bits/fewer_bits_options.cpp 11_fewer_bits_programs_test Train.RefusesWhat*
s/(exchange == "peer" || exchange == "mpi")/exchange == "peer"/

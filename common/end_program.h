// Ends the program at once, wherever it is. An MPI program sets it to something that calls MPI_Abort: the other ranks would
// wait for ever for one that simply left.
#pragma once

#include <cstdlib>

inline void (*end_program)(int status) = std::_Exit;

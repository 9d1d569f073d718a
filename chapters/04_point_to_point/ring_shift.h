// Every rank of a ring hands a message to its right neighbour and takes one from its left neighbour.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

// Four ways to write it. The first one is wrong; the others are its three cures.
enum class RingWay { blocking, ordered, sendrecv, nonblocking };

// "blocking", "ordered", "sendrecv", "nonblocking"
std::vector<std::string> ring_ways();
RingWay ring_way(const std::string& name);  // throws Error for another name

// in (n) = out (n) of the left neighbour.  in and out do not overlap.  Collective over comm.
//
// RingWay::blocking hangs for ever as soon as n is too large for the library's buffers: MPI promises no buffer
// (MPI-3.1, section 3.5, calls such a program "unsafe"). Use it only where that is what you want to see.
void ring_shift(float* in, const float* out, int n, RingWay way, MPI_Comm comm);

// What a message costs: measured, and as two numbers.
//
// The model: a message of n bytes takes alpha + beta · n seconds. alpha is the latency, 1 / beta the bandwidth.
// Hockney, "The communication challenge for MPP: Intel Paragon and Meiko CS-2", Parallel Computing 20(3), 1994.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <span>
#include <vector>

struct MessageTime {
  size_t bytes;
  double seconds;  // one way
};

struct Line {
  double alpha = 0;  // seconds
  double beta = 0;   // seconds per byte
  double seconds(double bytes) const { return alpha + beta * bytes; }
};

// The line nearest to the measurements: the sum of squared *relative* errors is smallest, since times from 10^-7 s to
// 10^-3 s stand in one list, and with absolute errors the short messages would not count.
// Throws Error: fewer than two different sizes, a time that is not above 0.
Line fit_line(std::span<const MessageTime> times);

// Half the round trip between ranks 0 and 1 of comm for messages of n bytes: the least of `rounds` rounds, each long enough
// to be timed, since what disturbs a message only makes it longer. Collective over comm, which has at least two ranks;
// the same result on all of them.
double time_ping_pong(size_t bytes, int rounds, MPI_Comm comm);

// The longest message, up to `most` bytes, whose MPI_Send ends although nobody receives yet: the library put it into a
// buffer ("eager"). A longer one waits for its receiver ("rendezvous"). Found by MPI_Isend to a rank that sleeps, by
// bisection. Collective over comm, at least two ranks; the same result on all of them.
size_t eager_limit(size_t most, MPI_Comm comm);

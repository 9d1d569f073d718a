// Many ranks in one process, on a cluster that does not exist: they run one at a time, and each has a clock.
//
//   const Simulated result = simulate(cluster, 512, [&] { ...; MPI_Send(...); ... });
//
// The function is the program of every rank. It, and all that it calls, uses MPI as ever: simulated_mpi.cpp has those
// functions of mpi.h that chapters 05 to 10 use for training; another one is an error when the program is linked.
//
// Time. A rank's clock moves by nothing but compute() and messages. What the processor really needs for the rank's work does not
// count. A discrete-event simulation: of all that will happen, the earliest happens next; so the same program gives the same
// times, to the last bit, always, whatever the order of calls and ranks at the same moment.
//
// What is not simulated: the memory of a node that its ranks share, ranks that slow each other's processors down, MPI's receives from any
// source. MPI's own collectives are those of chapter 05: simulated_collectives.cpp says which.
//
// Sources of the idea: R. M. Fujimoto: Parallel Discrete Event Simulation, CACM 33(10), 1990; S. Prakash, R. L. Bagrodia:
// MPI-SIM, Winter Simulation Conference 1998; A. Degomme et al.: Simulating MPI Applications: The SMPI Approach, IEEE TPDS
// 28(8), 2017.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "chapters/13_scaling/cluster.h"

// Where a rank's time went: seconds = computing + waiting. Waiting is all time in MPI, and for copies between memories.
struct RankTime {
  double seconds = 0, computing = 0, waiting = 0;
  size_t messages = 0;  // sent
  double bytes = 0;
};

// What the simulation itself had to do: events that happened, ends of messages that were put into the queue, and, for rates and ends,
// how often it looked at the messages of one route.
struct Work {
  size_t events = 0, queued = 0, looked_at = 0;
};

struct Simulated {
  double seconds = 0;  // of the last rank
  Work work;
  std::vector<RankTime> ranks;
  RankTime sum() const;
};

// Runs `program` on every rank, to its end. trace: write a timeline to this file, as `make timeline` reads it.
// Throws the first exception of a rank. Throws Error: ranks that wait for each other, with what they wait for; a message
// that is longer than its receiver's memory; different collectives at the same time; a file that cannot be written.
Simulated simulate(const Cluster& cluster, int ranks, const std::function<void()>& program,
                   const std::string& trace = "");

// For the program of a rank. Throws Error outside of a simulation.
void compute(double seconds);    // its clock moves on
void wait_until(double moment);  // it moves on to this moment, if that is not over: something else than the rank is at work
double virtual_time();         // of its clock, in seconds, 0 at the beginning
RankTime time_so_far();
const Cluster& this_cluster();

// Which grid? Estimates the time of a step and the memory of a rank for every grid there can be, and takes the fastest that
// fits.
//
// The time of a step, in seconds:
//   passes     each chunk's forward and backward passes of one micro-batch: operations / speed, and the reading
//              of its weights, divided by the tensor ranks; plus the sums over tensor ranks, one for each pair of
//              layers and direction; plus one message to the next stage
//   schedule   these passes, in the order of the schedule, by chapter 08's checker: when each stage is done
//   exchange   for each stage, from when it is done: the sum of its gradients over data ranks and the gathering
//              of its weights, as much as a rank-order allreduce; and the update of its shard
//   step       the latest stage
// What messages and sums cost is chapter 05's model. A sum of dx is begun before its layer's dw is computed: where nobody outside of the
// chunk waits for it, its messages cost only what they take longer. Where it is known what they cost from node to node, this is what
// messages between ranks of different nodes cost; then the sum of gradients and the gathering are two times a message of one part from
// each data rank to each other one, and the slowest rank counts. They may also go in two levels, by chapter 05's numbers of messages: then
// fewer of them are from node to node.
// Activations and gradients of 16 bits (chapter 11) are half as long in messages; products count as those of floats.
// Every rank is taken to have a core of its own. All this is rough: it has to find the fastest grid, not the time.
#pragma once

#include <string>
#include <vector>

#include "chapters/05_collectives/cost.h"
#include "chapters/10_hybrid/grid_footprint.h"

// What the formulas need to know of a machine: machine_file.h reads it.
struct PlanMachine {
  Machine messages;
  Machine between = {};                 // messages from node to node; without lines: as the others
  double operations_per_second = 95e9;  // of one rank, one multiplication and addition being two
  double bytes_per_second = 25e9;       // between one rank and memory
  double memory = 0;                    // bytes that a rank may use; 0: no limit
  int ranks_of_node = 0;                // that follow one another on each node; 0: all are on one
};

// Two cores of an AMD EPYC (Zen 4), ranks on one node.
PlanMachine typical_machine();

// A number is 0 where it is to be chosen.
struct GridWish {
  int data = 0, pipeline = 0, tensor = 0, micro_batches = 0, keep_every = 0;
  int levels = 0;  // of the exchange between data ranks, 1 or 2
};

struct GridPlan {
  GridShape shape;
  int micro_batches = 1;
  double seconds = 0;   // of a step
  double computing = 0;  // of these, the mean over ranks
  double memory = 0;     // bytes of the rank that needs most
  bool fits = true;
  int keep_every = 1;    // more than one: activations are computed again, to save memory
  bool crosses = false;  // tensor ranks that sum in every layer are on different nodes
  bool two_level = false;

  // The seconds once more, of the stage that ends last: its passes, their sums and messages, waiting for other stages, and for
  // gradients and weights.
  struct {
    double passes = 0, sums = 0, bubble = 0, gradients = 0, update = 0;
  } parts = {};
};

// Estimates one grid.  settings.micro_batches and two_level count.
GridPlan estimate(const HybridSettings& settings, const GridShape& shape, const PlanMachine& machine);

// All grids of `ranks` ranks that the wish allows and that the network has layers for, the fastest first, those with tensor
// ranks on different nodes behind them, and those that do not fit into memory last; each with the micro-batches that the wish
// names or that are best for it. Activations are computed again where the wish says so, or where they would not fit otherwise:
// as few of them as will do.
// Throws Error if there is none: what is given does not divide the ranks, or asks for more stages than layers.
std::vector<GridPlan> plan_grids(const HybridSettings& settings, const GridWish& wish, int ranks,
                                 const PlanMachine& machine);

// In a line, why the second of two plans comes behind the first: what takes longer there (+) and what less.
std::string why_not(const GridPlan& second, const GridPlan& first);

// A small table of the first few, in lines.
std::string table_of(const std::vector<GridPlan>& plans, size_t most = 4);

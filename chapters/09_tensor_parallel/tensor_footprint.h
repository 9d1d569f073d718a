// What a slice costs, by formula: bytes of memory, floats exchanged. The tests hold it against what is counted.
#pragma once

#include <cstddef>
#include <vector>

#include "chapters/01_serial/mlp.h"

// Of one rank.
struct TensorFootprint {
  size_t parameters = 0, gradients = 0, optimizer = 0, activations = 0;  // bytes
  size_t exchange = 0;  // bytes, between GPUs only: in a peer window
  size_t by_mpi = 0;    // the same by MPI
  // The floats in each allreduce of a micro-batch of space.rows rows: those of the layers in forward and in backward,
  // in the order of the layers, then the one of the head.
  std::vector<size_t> sums;
};

// For the layers `here` of a network of these sizes, cut for slice.count ranks, with k = state_vectors (see
// Optimizer), a micro-batch of R = space.rows rows, and a head if the last layer is among them. In floats, C(n) being
// a rank's share of n columns:
//
//   layer l, by columns   parameters s(l) C(s(l+1)) + C(s(l+1))       sum in backward   R s(l), not where nobody needs dx
//   layer l, by rows      parameters C(s(l)) s(l+1) +   s(l+1)        sum in forward    R s(l+1)
//   activation a (input of layer a)   R s(a) if a is even, R C(s(a)) if odd
//   head                  2 R a slot; 2 R more for split classes      sum               R, and a maximum of R
//   in a peer window      two boxes of the longest sum, but at most of what is added in one shot (chapter 05); if it is longer, its length
//                         (chapter 11: where `bytes` of a stored number are 2, no box for those, but the longest of them from each rank)
//   by MPI                for each other rank a box, or if the longest sum is longer and this rank's block of it, too, that block
//
// So parameters, gradients and optimizer state shrink with the number of ranks, all but the biases of layers by rows, which
// every rank holds whole; and of the activations only every other one shrinks.
TensorFootprint tensor_footprint(const std::vector<int>& sizes, Range here, Slice slice, const Space& space,
                                 int state_vectors, size_t bytes = 4);

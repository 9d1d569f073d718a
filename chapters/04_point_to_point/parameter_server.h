// A parameter server: rank 0 holds the model, collects the gradients of all ranks by messages, and sends new weights back.
//
// Micro-batch m belongs to rank m mod size, and rank 0 adds the gradients in the order of the micro-batches, whoever
// computed them. So the sum is ((g0 + g1) + g2) + ..., as in chapter 01 with the same number of micro-batches, bit for bit.
//
// The idea, with many servers and no common step: Dean et al., "Large scale distributed deep networks", NIPS 2012,
// section 4; Li et al., "Scaling distributed machine learning with the parameter server", OSDI 2014.
#pragma once

#include <mpi.h>

#include "chapters/01_serial/device.h"

class ParameterServer {
 public:
  // parameters (n) and gradients (n): this rank's, in device memory.
  ParameterServer(Device& device, float* parameters, float* gradients, size_t n, MPI_Comm comm);

  bool is_here() const { return rank_ == 0; }
  bool computes(int micro_batch) const { return micro_batch % size_ == rank_; }

  // Both are called for each micro-batch in ascending order, the first by the rank that computed it, the second by the
  // others; both return how mlp.backward has to write the next gradient.
  //
  // This rank's gradient and loss are complete. On rank 0 they stay and the next ones are added; on another rank they
  // leave, and *loss begins at 0 again.
  Write deliver(double* loss);
  // Rank 0 takes a gradient and a loss from the micro-batch's rank; `write` says whether they are the step's first.  On
  // other ranks nothing happens.
  Write receive(int micro_batch, Write write, double* loss);

  // At the end of a step: the weights of rank 0, and the step's loss, go to everybody.
  void publish(double* loss);

  // Where rank 0's time went, in seconds since the beginning, and how much it moved. A gradient is ready when its owner says
  // so: by the loss, which it sends first. Calls that move a vector may wait for the other side, and that counts as moving.
  // On a GPU the call that adds returns before the sum is there; the rest of it counts where the host next waits.
  struct Account {
    double until_ready = 0, moving = 0, adding = 0;
    size_t vectors = 0;  // gradients in, weights out
    size_t steps = 0;
  };
  const Account& account() const { return account_; }
  // On rank 0: the account per step, beside the step's time.
  void print_account(double train_seconds) const;

 private:
  void count_vector(double seconds);

  Device& device_;
  float *parameters_, *gradients_;
  size_t n_;
  MPI_Comm comm_;
  int rank_ = 0, size_ = 1;
  Buffer<> arrived_;  // rank 0: a gradient to be added
  Account account_;
};

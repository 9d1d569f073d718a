// Chapter 06's exchange, with gradients that travel in 16 bits.
#pragma once

#include "chapters/06_data_parallel/bucket_exchange.h"
#include "chapters/11_fewer_bits/fewer_bits_options.h"
#include "chapters/11_fewer_bits/sixteen_bit_sum.h"

class SixteenBitExchange : public BucketExchange {
 public:
  SixteenBitExchange(const FewerBitsOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);

 protected:
  double sum_over_ranks(double loss) override;

 private:
  SumIn sums_;
};

// The exchange that the options ask for, as chapter 06's make_exchange.
std::unique_ptr<Exchange> make_exchange(const FewerBitsOptions& options, size_t samples, Mlp& mlp, SoftmaxHead& head,
                                        float* gradients, MPI_Comm comm = MPI_COMM_WORLD);

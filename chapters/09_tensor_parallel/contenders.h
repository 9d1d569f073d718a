// What the benchmark lets take turns: one network n-n-n-n-n-10, trained serially, data-parallel and tensor-parallel.
#pragma once

#include <memory>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/06_data_parallel/exchange.h"
#include "chapters/09_tensor_parallel/split_head.h"
#include "common/mpi/session.h"

// n-n-n-n-n-10.
inline std::vector<int> network(int width) { return {width, width, width, width, width, 10}; }

// A model and what trains it, kept between rounds; a step is one on the first `rows` rows of the data.
class Contender {
 public:
  Contender(const Dataset& data, Slice slice);
  virtual ~Contender() = default;

  virtual void step(size_t rows) = 0;
  void update() { optimizer_.step(parameters_, gradients_); }

  // Seconds in the exchange of a step of so many rows to which all ranks come at once.  Collective.
  virtual double exchange(size_t rows) = 0;

 protected:
  template <class Head>
  void pass(Head& head, Range rows, size_t batch_rows);

  const Dataset& data_;
  CpuDevice device_;
  Layout layout_;
  Buffer<> parameters_, gradients_;
  Mlp mlp_;
  Optimizer optimizer_;
  std::vector<uint32_t> order_;
  double loss_ = 0;
};

class SerialContender : public Contender {
 public:
  explicit SerialContender(const Dataset& data) : Contender(data, {}), head_(device_, mlp_.space()) {}
  void step(size_t rows) override;
  double exchange(size_t) override { return 0; }

 private:
  SoftmaxHead head_;
};

class DataContender : public Contender {
 public:
  DataContender(const Dataset& data, int ranks);
  void step(size_t rows) override;
  double exchange(size_t rows) override;

 private:
  SoftmaxHead head_;
  std::unique_ptr<Exchange> exchange_;
};

class TensorContender : public Contender {
 public:
  TensorContender(const Dataset& data, int rank, int ranks)
      : Contender(data, {rank, ranks}), tensor_(mlp_), head_(tensor_, mlp_.space()), ranks_(ranks) {}
  void step(size_t rows) override;
  double exchange(size_t rows) override;
  // Seconds to read or write one number of a whole activation of so many rows, while all ranks do.  Collective.
  double access(size_t rows);

 private:
  TensorParallel tensor_;
  SplitSoftmaxHead head_;
  int ranks_;
};

// All three, of one width, for batches of up to `rows` rows.
struct Contenders {
  Dataset dataset;
  std::unique_ptr<SerialContender> serial;  // on rank 0
  std::unique_ptr<DataContender> data;
  std::unique_ptr<TensorContender> tensor;

  Contenders(int width, size_t rows, MpiSession& mpi);
};

#include "chapters/09_tensor_parallel/contenders.h"

#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/09_tensor_parallel/tensor_footprint.h"
#include "common/timer.h"

Contender::Contender(const Dataset& data, Slice slice)
    : data_(data),
      layout_(make_layout(network(int(data.features())), {0, 5}, slice)),
      parameters_(device_, layout_.count, Purpose::parameters),
      gradients_(device_, layout_.count, Purpose::gradients),
      mlp_(device_, layout_, parameters_, gradients_, {.rows = int(data.count)}),
      optimizer_(device_, {.learning_rate = 0.01}, layout_.count) {
  for (uint32_t i = 0; i < data.count; ++i) order_.push_back(i);
  std::vector<float> weights(layout_.count);
  initialize(weights.data(), layout_, 1);
  device_.copy_in(parameters_.data(), weights.data(), layout_.count);
}

template <class Head>
void Contender::pass(Head& head, Range rows, size_t batch_rows) {
  load_images(mlp_, data_, order_, rows);
  head.load_labels(data_, order_, rows);
  mlp_.forward(int(rows.size()));
  head.backward(mlp_, batch_rows);
  mlp_.backward(Write::overwrite);
  loss_ = head.loss(mlp_, batch_rows);
}

void SerialContender::step(size_t rows) {
  pass(head_, {0, rows}, rows);
  update();
}

DataContender::DataContender(const Dataset& data, int ranks) : Contender(data, {}), head_(device_, mlp_.space()) {
  DataParallelOptions o(ranks);
  o.watch = 0;
  exchange_ = make_exchange(o, data.count, mlp_, head_, gradients_);
}

void DataContender::step(size_t rows) {
  const Range mine = exchange_->begin({0, rows}, 0);
  if (!mine.empty()) pass(head_, mine, rows);
  exchange_->finish(loss_);
  update();
}

double DataContender::exchange(size_t) {
  exchange_->begin({0, 0}, 0);  // without rows: gradients are written anew, all zero
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  exchange_->finish(0);
  return timer.seconds();
}

void TensorContender::step(size_t rows) {
  pass(head_, {0, rows}, rows);
  update();
}

double TensorContender::exchange(size_t rows) {
  const TensorFootprint f =
      tensor_footprint(network(int(data_.features())), {0, 5}, {0, ranks_}, {.rows = int(rows)}, 0);
  float* p = mlp_.input();
  double seconds = 0;
  for (size_t i = 0; i < f.sums.size(); ++i) {
    const size_t n = f.sums[i];
    device_.fill(p, 0.5f, n);  // written anew, as a layer does
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    const Timer timer;
    tensor_.sum(p, n);
    if (i + 1 == f.sums.size()) tensor_.maximum(p, n);  // the head's
    seconds += timer.seconds();
  }
  return seconds;
}

// The backward pass of a ReLU reads two numbers and writes one.
double TensorContender::access(size_t rows) {
  const size_t n = rows * data_.features();
  float *const y = mlp_.activation(2, 0), *const dy = mlp_.input();
  device_.relu_backward(dy, y, n);  // caches
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  device_.relu_backward(dy, y, n);
  return timer.seconds() / (3 * double(n));
}

Contenders::Contenders(int width, size_t rows, MpiSession& mpi)
    : dataset(random_dataset(size_t(width), rows)),
      data(std::make_unique<DataContender>(dataset, mpi.size())),
      tensor(std::make_unique<TensorContender>(dataset, mpi.rank(), mpi.size())) {
  if (mpi.rank() == 0) serial = std::make_unique<SerialContender>(dataset);
}

#include "chapters/04_point_to_point/parameter_server.h"

#include <cstdio>

#include "chapters/04_point_to_point/device_transfer.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {
enum Tag { loss_tag = 1, gradient_tag, weights_tag };
}

ParameterServer::ParameterServer(Device& device, float* parameters, float* gradients, size_t n, MPI_Comm comm)
    : device_(device), parameters_(parameters), gradients_(gradients), n_(n), comm_(comm) {
  MPI_CHECK(MPI_Comm_rank(comm, &rank_));
  MPI_CHECK(MPI_Comm_size(comm, &size_));
  if (is_here() && size_ > 1) arrived_ = Buffer<>(device, n, Purpose::exchange);
}

Write ParameterServer::deliver(double* loss) {
  if (is_here()) return Write::accumulate;
  MPI_CHECK(MPI_Send(loss, 1, MPI_DOUBLE, 0, loss_tag, comm_));
  send_from_device(device_, gradients_, n_, 0, gradient_tag, comm_);
  *loss = 0;
  return Write::overwrite;  // what was sent is gone
}

// The first gradient is not added to zeros: 0 + (-0) is +0, and a sign would change.
Write ParameterServer::receive(int micro_batch, Write write, double* loss) {
  if (!is_here()) return Write::overwrite;
  const int source = micro_batch % size_;
  double part = 0;
  Timer timer;
  MPI_CHECK(MPI_Recv(&part, 1, MPI_DOUBLE, source, loss_tag, comm_, MPI_STATUS_IGNORE));
  account_.until_ready += timer.seconds();
  *loss += part;

  timer.restart();
  float* destination = write == Write::overwrite ? gradients_ : arrived_.data();
  receive_to_device(device_, destination, n_, source, gradient_tag, comm_);
  count_vector(timer.seconds());

  timer.restart();
  if (write == Write::accumulate) device_.add(gradients_, arrived_, n_);
  account_.adding += timer.seconds();
  return Write::accumulate;
}

void ParameterServer::publish(double* loss) {
  ++account_.steps;
  if (!is_here()) {
    receive_to_device(device_, parameters_, n_, 0, weights_tag, comm_);
    MPI_CHECK(MPI_Recv(loss, 1, MPI_DOUBLE, 0, loss_tag, comm_, MPI_STATUS_IGNORE));
    return;
  }
  if (size_ == 1) return;
  const float* weights = readable_by_mpi(device_, parameters_, n_);  // copied once, sent to all
  for (int rank = 1; rank < size_; ++rank) {
    const Timer timer;
    MPI_CHECK(MPI_Send(weights, int(n_), MPI_FLOAT, rank, weights_tag, comm_));
    MPI_CHECK(MPI_Send(loss, 1, MPI_DOUBLE, rank, loss_tag, comm_));
    count_vector(timer.seconds());
  }
}

void ParameterServer::count_vector(double seconds) {
  account_.moving += seconds;
  ++account_.vectors;
}

void ParameterServer::print_account(double train_seconds) const {
  if (!is_here() || account_.steps == 0) return;
  const double steps = double(account_.steps), per_step = 1e3 / steps;
  std::printf(
      "rank 0, per step of %.2f ms: %.2f ms until gradients are ready, %.2f ms in calls that receive or send "
      "%.1f vectors of %.2f MB, %.2f ms adding\n",
      per_step * train_seconds, per_step * account_.until_ready, per_step * account_.moving,
      double(account_.vectors) / steps, 1e-6 * double(n_ * sizeof(float)), per_step * account_.adding);
}

#include "chapters/06_data_parallel/gpu_exchange.h"

#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

DataParallelOptions without_background(DataParallelOptions o) {
  o.overlap = false;
  return o;
}

CudaDevice& gpu(Device& device) {
  if (const auto cuda = dynamic_cast<CudaDevice*>(&device)) return *cuda;
  throw Error("--exchange peer, mpi: need --device cuda, not " + device.name());
}

}  // namespace

GpuExchange::GpuExchange(bool peer, const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm)
    : BucketExchange(without_background(options), samples, mlp, gradients, comm),
      sums_(make_gpu_collectives(peer, gpu(device_), gradients, mlp.layout().count, comm)) {
  if (!options.trace.empty()) trace_ = std::make_unique<GpuTrace>(gpu(device_));
  if (!options.overlap) return;
  mlp.hooks.after_backward = [this](int layer, int) {
    if (last_micro_batch_) leave(mlp_.layout().layers[size_t(layer)].range().first);
  };
}

// Elements from `ready` on are final, once the device has done what it was given: buckets that lie there may leave.
void GpuExchange::leave(size_t ready) {
  const Timer timer;
  for (; gone_ < buckets_.size() && buckets_[gone_].first >= ready; ++gone_) {
    if (const cudaStream_t stream = trace_ ? sums_->stream_behind() : nullptr) trace_->begin(stream, 2, "sum", int(gone_));
    sums_->allreduce(buckets_[gone_].first, buckets_[gone_].size());
    if (trace_) trace_->end();
  }
  time_.exchanging += timer.seconds();
}

double GpuExchange::sum_over_ranks(double loss) {
  leave(0);  // also on a rank without rows, whose backward never ran
  gone_ = 0;
  const Timer timer;
  sums_->finish();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, comm_));
  time_.exchanging += timer.seconds();
  return loss;
}

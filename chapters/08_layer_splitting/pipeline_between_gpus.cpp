// A pipeline between GPUs: inside a node a stage's GPU writes into chapter 05's mailboxes of its neighbours, one for each direction. No
// host waits for its GPU before the end of the step, and then only that of the last stage, for the losses. Or MPI reads and writes the
// memory of GPUs: it knows no streams, so the host waits for what it sends, and before a message may come into memory that is read.
#include <algorithm>
#include <cstring>

#include "chapters/01_serial/activation_store.h"
#include "chapters/05_collectives/mpi_collectives.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

// Labels go to the GPU and losses come back by way of views: the host waits for the GPU only where it reads a loss.
struct HeadThatWaitsLate : SoftmaxPipelineHead {
  using SoftmaxPipelineHead::SoftmaxPipelineHead;
  void backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, size_t batch_rows, int slot, int m) override {
    Device& device = mlp.device();
    Place& place = place_of(m);
    place.rows = rows.size();
    gather_labels(host_labels_.data(), data, order, rows);
    static_assert(sizeof(int) == sizeof(float));  // views are for floats
    float* const labels = reinterpret_cast<float*>(place.labels.data());
    std::memcpy(device.host_view(labels, place.rows), host_labels_.data(), place.rows * sizeof(int));
    device.begin_copy_in(labels, place.rows);
    device.end_copy_in(labels, place.rows);
    write_gradient(mlp, place, batch_rows, slot);
    device.begin_copy_out(place.losses, place.rows);
  }
  double loss(Mlp& mlp, size_t batch_rows, int, int m) override {
    const Place& place = place_of(m);
    mlp.device().end_copy_out(place.losses, place.rows);
    return mean(mlp.device().host_view(place.losses, place.rows), place.rows, batch_rows);
  }
};

}  // namespace

void Pipeline::go_between_gpus(const std::string& exchange) {
  const auto gpu = dynamic_cast<CudaDevice*>(&device_);
  if (gpu) clock_ = std::make_unique<GpuClock>(*gpu);  // by whatever way
  if (exchange == "host") return;
  int fits = gpu && (!head_ || head_->keeps_losses());
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, comm_));
  if (!fits) return;
  const auto open = [&](bool peer) {
    if (peer) return open_mailboxes(*gpu);
    require_mpi_from_gpus(comm_);
    direct_ = gpu;
  };
  if (schedule_.stages > 1 && !open_between_gpus(exchange, "activations go", open)) return;
  waits_late_ = true;
  if (stage_ == 0)
    images_ = Buffer(device_, size_t(schedule_.micro_batches) * size_t(rows_) * size_t(layout_.chunks[0].in()), Purpose::exchange);
  if (last_stage() && !head_) head_ = std::make_unique<HeadThatWaitsLate>(device_, rows_, schedule_.micro_batches);
}

// All are opened or, on all stages, none.
void Pipeline::open_mailboxes(CudaDevice& gpu) {
  size_t widest[2] = {0, 0};  // of what comes, by pass
  int next = -1, previous = -1;
  for (size_t i = 0; i < layout_.chunks.size(); ++i) {
    const int chunk = int(i) * schedule_.stages + stage_, all = schedule_.chunks();
    if (chunk > 0) previous = schedule_.stage_of(chunk - 1), widest[0] = std::max(widest[0], size_t(layout_.chunks[i].in()));
    if (chunk + 1 < all) next = schedule_.stage_of(chunk + 1), widest[1] = std::max(widest[1], size_t(layout_.chunks[i].out()));
  }
  const bool stores = dynamic_cast<ActivationStore*>(&device_);
  for (size_t& n : widest) n = stores ? words_in_floats(size_t(rows_) * n) : size_t(rows_) * n;
  try {
    mailboxes_[0] = std::make_unique<PeerMailbox>(gpu, widest[0], next, previous, comm_);
    mailboxes_[1] = std::make_unique<PeerMailbox>(gpu, widest[1], previous, next, comm_);
  } catch (const Error&) {
    mailboxes_[0] = nullptr;
    throw;
  }
}

// The floats whose place a message of n numbers takes: they go as they are stored.
size_t Pipeline::in_floats(const float* p, size_t n) const {
  const auto* const store = dynamic_cast<const ActivationStore*>(&device_);
  return store && store->stores(p) ? words_in_floats(n) : n;
}

void Pipeline::wait_for_gpu() {
  wait_for_operations(*direct_);
  ++waits_for_messages_;
}

// Each micro-batch has a view of its own, which is written again in the next step. Then the last stage has read this step's losses, so
// all images have been read.
void Pipeline::load_images_early(const Step& step, const Batch& batch) {
  const Range rows = batch.micro_batches[size_t(step.micro_batch)];
  const size_t features = batch.data.features(), n = rows.size() * features;
  float* const images = images_ + size_t(step.micro_batch) * size_t(rows_) * features;
  gather_images(device_.host_view(images, n), batch.data, batch.order, rows);
  device_.begin_copy_in(images, n);
  device_.end_copy_in(images, n);
  device_.copy(mlp(0).input(schedule_.slot(step)), images, n);
}

// The last one first: when it is there, the others are.
void Pipeline::read_losses(const Batch& batch) {
  for (int m = int(batch.micro_batches.size()) - 1; m >= 0; --m) {
    if (batch.micro_batches[size_t(m)].empty()) continue;
    const int slot = schedule_.slot({Pass::backward, schedule_.chunks() - 1, m});
    losses_[size_t(m)] = head_->loss(mlps_.back(), batch.rows, slot, m);
  }
}

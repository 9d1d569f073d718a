#include "chapters/03_fast_kernels/whole_step.h"

#include <cmath>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"

namespace fast {

// Where an epoch is: kernels read it, and the last one of a micro-batch moves it on.
struct Progress {
  unsigned next;  // place in the epoch's order
  int step;       // of the epoch, from 0
};

// Row r of x (rows, features) = the pixels of sample order[next + r], / 255; its label.  A block per row.
__global__ void gather_kernel(float* x, int* labels, const uint8_t* pixels, const uint8_t* all_labels, const uint32_t* order,
                              const Progress* progress, int features) {
  const size_t row = blockIdx.x, sample = order[progress->next + row];
  for (size_t f = threadIdx.x; f < size_t(features); f += blockDim.x)
    x[row * size_t(features) + f] = float(pixels[sample * size_t(features) + f]) * (1.0f / 255.0f);
  if (threadIdx.x == 0) labels[row] = all_labels[sample];
}

void gather(float* x, int* labels, const uint8_t* pixels, const uint8_t* all_labels, const uint32_t* order, const Progress* progress,
            size_t rows, int features, cudaStream_t stream) {
  gather_kernel<<<unsigned(rows), 256, 0, stream>>>(x, labels, pixels, all_labels, order, progress, features);
  CUDA_CHECK(cudaGetLastError());
}

// Adds the losses (rows) in the order of the rows, in double, as the host would: many threads fetch, one adds. Then moves on.
__global__ void finish_part_kernel(double* mean_losses, Progress* progress, const float* losses, int rows, double batch_rows,
                                   bool first_part, bool last_part) {
  __shared__ float fetched[256];
  double sum = 0;
  for (int first = 0; first < rows; first += int(blockDim.x)) {
    const int r = first + int(threadIdx.x);
    if (r < rows) fetched[threadIdx.x] = losses[r];
    __syncthreads();
    if (threadIdx.x == 0)
      for (int i = 0; i < rows - first && i < int(blockDim.x); ++i) sum += fetched[i];
    __syncthreads();
  }
  if (threadIdx.x > 0) return;
  double& mean = mean_losses[progress->step];
  mean = (first_part ? 0.0 : mean) + sum / batch_rows;
  progress->next += unsigned(rows);
  progress->step += last_part;
}

void finish_part(double* mean_losses, Progress* progress, const float* losses, size_t rows, size_t batch_rows, bool first_part,
                 bool last_part, cudaStream_t stream) {
  finish_part_kernel<<<1, 256, 0, stream>>>(mean_losses, progress, losses, int(rows), double(batch_rows), first_part, last_part);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast

struct WholeStep::OnGpu {
  OnGpu(FastCudaDevice& cuda, const Dataset& data, size_t rows)
      : device(cuda),
        pixels(cuda, data.pixels.size(), Purpose::workspace),
        all_labels(cuda, data.labels.size(), Purpose::workspace),
        order(cuda, data.count, Purpose::workspace),
        progress(cuda, 1, Purpose::workspace),
        labels(cuda, rows, Purpose::activations),
        row_losses(cuda, rows, Purpose::activations) {
    cuda.copy_in(pixels.data(), data.pixels.data(), pixels.size());
    cuda.copy_in(all_labels.data(), data.labels.data(), all_labels.size());
  }
  ~OnGpu() { device.count_adam_on_device(nullptr, nullptr); }

  FastCudaDevice& device;
  Buffer<uint8_t> pixels, all_labels;
  Buffer<uint32_t> order;
  Buffer<fast::Progress> progress;
  Buffer<int> labels;
  Buffer<> row_losses;
  Buffer<double> mean_losses;  // (steps of an epoch)
  Buffer<> corrections;        // (steps of an epoch, 2): Adam's
};

WholeStep::WholeStep(Mlp& mlp, const Dataset& data, const OptimizerOptions& options, float* parameters, float* gradients,
                     int micro_batches)
    : mlp_(mlp),
      data_(data),
      options_(options),
      parameters_(parameters),
      gradients_(gradients),
      micro_batches_(size_t(micro_batches)),
      head_(mlp.device(), mlp.space()),
      optimizer_(mlp.device(), options, mlp.layout().count),
      graph_(mlp.device()) {
  if (auto* cuda = dynamic_cast<FastCudaDevice*>(&mlp.device()))
    on_gpu_ = std::make_unique<OnGpu>(*cuda, data, size_t(mlp.space().rows));
}

WholeStep::~WholeStep() = default;

void WholeStep::begin_epoch(std::span<const uint32_t> order, size_t batch) {
  order_ = order;
  read_ = 0;
  if (!on_gpu_) return;
  OnGpu& gpu = *on_gpu_;
  const size_t steps = batches(order.size(), batch).size();
  if (gpu.mean_losses.size() < steps) {  // its place is part of what is recorded: made once
    gpu.mean_losses = Buffer<double>(gpu.device, steps, Purpose::workspace);
    gpu.corrections = Buffer<>(gpu.device, 2 * steps, Purpose::workspace);
  }
  std::vector<float> corrections;
  for (size_t s = 1; s <= steps; ++s)
    for (const double beta : {options_.beta1, options_.beta2})
      corrections.push_back(float(1 - std::pow(double(float(beta)), optimizer_.steps() + int(s))));
  const fast::Progress at_the_beginning{0, 0};
  gpu.device.copy_in(gpu.order.data(), order.data(), order.size());
  gpu.device.copy_in(gpu.corrections.data(), corrections.data(), corrections.size());
  gpu.device.copy_in(gpu.progress.data(), &at_the_beginning, 1);
  gpu.device.count_adam_on_device(gpu.corrections, &gpu.progress.data()->step);
}

void WholeStep::run(Range batch) {
  if (!on_gpu_) return run_plainly(batch);
  const int before = optimizer_.steps();
  graph_.run({int(batch.size()), batch.size(), Write::overwrite, 0}, [&] { queue_on_gpu(batch.size()); });
  optimizer_.set_steps(before + 1);  // a replay does not call it
  unread_.push_back({0, batch.size()});
}

void WholeStep::queue_on_gpu(size_t rows) {
  OnGpu& gpu = *on_gpu_;
  cudaStream_t stream = gpu.device.stream();
  const int classes = mlp_.layout().out();
  std::vector<size_t> parts;
  for (size_t m = 0; m < micro_batches_; ++m)
    if (const Range part = share(rows, micro_batches_, m); !part.empty()) parts.push_back(part.size());
  for (size_t m = 0; m < parts.size(); ++m) {
    const bool first = m == 0, last = m + 1 == parts.size();
    fast::gather(mlp_.input(), gpu.labels, gpu.pixels, gpu.all_labels, gpu.order, gpu.progress, parts[m], mlp_.layout().in(), stream);
    mlp_.forward(int(parts[m]));
    gpu.device.softmax_cross_entropy(gpu.row_losses, mlp_.output_gradient(), mlp_.output(), gpu.labels, 1.0f / float(rows),
                                     int(parts[m]), classes);
    mlp_.backward(first ? Write::overwrite : Write::accumulate);
    if (last) optimizer_.step(parameters_, gradients_);
    fast::finish_part(gpu.mean_losses, gpu.progress, gpu.row_losses, parts[m], rows, first, last, stream);
  }
}

void WholeStep::run_plainly(Range batch) {
  double loss = 0;
  Write write = Write::overwrite;
  for (size_t m = 0; m < micro_batches_; ++m) {
    const Range rows = share(batch, micro_batches_, m);
    if (rows.empty()) continue;
    load_images(mlp_, data_, order_, rows);
    head_.load_labels(data_, order_, rows);
    mlp_.forward(int(rows.size()));
    head_.backward(mlp_, batch.size());
    mlp_.backward(write);
    loss += head_.loss(mlp_, batch.size());
    write = Write::accumulate;
  }
  optimizer_.step(parameters_, gradients_);
  unread_.push_back({loss, batch.size()});
}

std::vector<WholeStep::StepLoss> WholeStep::losses() {
  std::vector<StepLoss> all;
  all.swap(unread_);
  if (on_gpu_ && !all.empty()) {
    std::vector<double> means(all.size());
    on_gpu_->device.copy_out(means.data(), on_gpu_->mean_losses.data() + read_, means.size());
    for (size_t i = 0; i < all.size(); ++i) all[i].loss = means[i];
  }
  read_ += all.size();
  return all;
}

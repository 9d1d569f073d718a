#include "chapters/01_serial/serial_training.h"

#include "chapters/01_serial/gradient_norm.h"

SerialTraining::SerialTraining(Device& device, const std::vector<int>& sizes, const OptimizerOptions& optimizer, int rows,
                               uint64_t seed)
    : device_(device),
      layout_(make_layout(sizes)),
      parameters_(device, layout_.count, Purpose::parameters),
      gradients_(device, layout_.count, Purpose::gradients),
      mlp_(device, layout_, parameters_, gradients_, {.rows = rows}),
      head_(device, {.rows = rows}),
      optimizer_(device, optimizer, layout_.count),
      clip_norm_(optimizer.clip_norm) {
  std::vector<float> initial(layout_.count);
  initialize(initial.data(), layout_, seed);
  set_weights(initial);
}

double SerialTraining::step(const Dataset& data, std::span<const uint32_t> order, Range batch, int64_t micro_batches,
                            double rate_scale) {
  double loss = 0;
  Write write = Write::overwrite;
  for (int64_t m = 0; m < micro_batches; ++m) {
    const Range rows = share(batch, size_t(micro_batches), size_t(m));
    if (rows.empty()) continue;
    load_images(mlp_, data, order, rows);
    head_.load_labels(data, order, rows);
    mlp_.forward(int(rows.size()));
    head_.backward(mlp_, batch.size());
    mlp_.backward(write);
    loss += head_.loss(mlp_, batch.size());
    write = Write::accumulate;
  }
  clip_gradient(device_, gradients_, layout_.count, clip_norm_);
  optimizer_.step(parameters_, gradients_, rate_scale);
  return loss;
}

std::vector<float> SerialTraining::weights() const {
  std::vector<float> weights(layout_.count);
  device_.copy_out(weights.data(), parameters_.data(), layout_.count);
  return weights;
}

void SerialTraining::set_weights(const std::vector<float>& weights) {
  device_.copy_in(parameters_.data(), weights.data(), layout_.count);
}

#include "chapters/01_serial/optimizer.h"

int state_vectors(const OptimizerOptions& options) { return options.name == "adam" ? 2 : options.name == "momentum" ? 1 : 0; }

Optimizer::Optimizer(Device& device, const OptimizerOptions& options, size_t n)
    : device_(device), options_(options), n_(n) {
  for (int i = 0; i < state_vectors(); ++i) {
    state_[i] = Buffer<>(device, n, Purpose::optimizer);
    device.fill(state_[i], 0.0f, n);
  }
}

void Optimizer::step(float* w, const float* g, double scale) {
  ++steps_;
  const float rate = float(options_.learning_rate * scale);
  if (options_.name == "sgd") device_.sgd(w, g, rate, n_);
  if (options_.name == "momentum") device_.momentum(w, state_[0], g, rate, float(options_.momentum), n_);
  if (options_.name == "adam")
    device_.adam(w, state_[0], state_[1], g, rate, float(options_.beta1), float(options_.beta2),
                 float(options_.epsilon), steps_, n_);
}

#include "chapters/01_serial/optimizer.h"

#include "common/error.h"

UpdateRule update_rule(const OptimizerOptions& options) {
  if (options.name == "sgd") return UpdateRule::sgd;
  if (options.name == "momentum") return UpdateRule::momentum;
  if (options.name == "adam") return UpdateRule::adam;
  throw Error("optimizer: '" + options.name + "' is not one of sgd|momentum|adam");
}

int state_vectors(const OptimizerOptions& options) {
  const UpdateRule rule = update_rule(options);
  return rule == UpdateRule::adam ? 2 : rule == UpdateRule::momentum ? 1 : 0;
}

Optimizer::Optimizer(Device& device, const OptimizerOptions& options, size_t n)
    : device_(device), options_(options), rule_(update_rule(options)), n_(n) {
  for (int i = 0; i < state_vectors(); ++i) {
    state_[i] = Buffer<>(device, n, Purpose::optimizer);
    device.fill(state_[i], 0.0f, n);
  }
}

void Optimizer::step(float* w, const float* g, double scale) {
  ++steps_;
  const float rate = float(options_.learning_rate * scale);
  switch (rule_) {
    case UpdateRule::sgd: return device_.sgd(w, g, rate, n_);
    case UpdateRule::momentum: return device_.momentum(w, state_[0], g, rate, float(options_.momentum), n_);
    case UpdateRule::adam:
      return device_.adam(w, state_[0], state_[1], g, rate, float(options_.beta1), float(options_.beta2),
                          float(options_.epsilon), steps_, n_);
  }
}

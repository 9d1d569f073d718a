#include "chapters/11_fewer_bits/fewer_bits_report.h"

#include <cstdio>

#include "chapters/11_fewer_bits/bf16_product.h"
#include "chapters/11_fewer_bits/sixteen_bit_sum.h"
#include "common/mpi/session.h"

FewerBitsReport::FewerBitsReport(const FewerBitsOptions& o, const Dataset& train, const Exchange& exchange)
    : DataParallelReport(o, train, exchange), options_(o), speaks_(rank_of(exchange.communicator()) == 0) {
  if (!speaks_) return;
  std::printf("precision %s, weights %s, loss scale %.10g%s\n", o.precision.c_str(), o.weights.c_str(), o.loss_scale.initial,
              o.loss_scale.dynamic ? ", dynamic" : "");
  if (o.messages != "float" && o.ranks > 1)
    std::printf("messages %s: rank 0 sends %.2f MB a step\n", o.messages.c_str(),
                1e-6 * bytes_sent(make_layout(o.sizes(train)).count, o.ranks, 0, 2));
}

int FewerBitsReport::end(std::span<const float> weights, const LossScale& scale, const StoredWeights& stored, const Device& device) {
  const int status = DataParallelReport::end(weights);
  if (!speaks_) return status;
  if (options_.precision == "bf16" && options_.device == "cpu")
    std::printf("products of bf16: %s\n",
                options_.by_instruction()                                           ? "by the instruction vdpbf16ps"
                : has_bf16_instruction() && options_.instruction == "auto" ? "in ordinary arithmetic, which is faster here than vdpbf16ps"
                                                                                    : "in ordinary arithmetic");
  std::printf("activations: %.2f MB; loss scale %.10g in the end, %lld of %lld steps skipped\n",
              1e-6 * double(device.memory(Purpose::activations).live), scale.value(), (long long)scale.skipped(),
              (long long)scale.steps());
  if (stored.updates() > 0)
    std::printf("%.1f %% of the updates changed nothing\n", 100 * stored.lost() / stored.updates());
  return status;
}

#include "chapters/11_fewer_bits/fewer_bits_options.h"

#include "chapters/03_fast_kernels/make_device.h"
#include "common/error.h"

void FewerBitsOptions::declare(Options& options) {
  DataParallelOptions::declare(options);
  options.add("precision", &precision, "of operands of products and of stored activations", {"float", "bf16", "half", "half-flushed"});
  options.add("weights", &weights, "between steps: floats, or as --precision has them", {"master", "rounded", "stochastic"});
  options.add("messages", &messages, "in what gradients travel; bf16-sums: also their sums are rounded", {"float", "bf16", "bf16-sums"});
  loss_scale.declare(options);
  options.add("no-instruction", &no_instruction, "multiply bf16 in ordinary arithmetic, also where the processor has vdpbf16ps");
}

void FewerBitsOptions::apply(Dataset& train) const {
  DataParallelOptions::apply(train);
  LossScale{loss_scale};  // throws where it is no power of two
  if (messages != "float" && (reproducible || overlap || bucket_kib > 0 || allreduce != "rank-order"))
    throw Error("--messages " + messages + ": goes with neither --reproducible, --overlap, --bucket-kib nor another --allreduce");
  if (messages != "float" && exchange == "peer") throw Error("--messages " + messages + ": goes through the host, not with --exchange peer");
  if (precision == "float") return;
  if (device != "cpu") throw Error("--precision " + precision + ": needs --device cpu, not " + device);
  if (compare_with_serial) throw Error("--compare-with-serial: the serial run computes in float, not in " + precision);
}

std::unique_ptr<Device> FewerBitsOptions::make_device(int local_rank) const {
  if (precision == "float") return ::make_device(device, local_rank);
  return std::make_unique<FewerBitsDevice>(precision.c_str(), !no_instruction);
}

#include "chapters/11_fewer_bits/precision_options.h"

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/error.h"

void PrecisionOptions::declare(Options& options) {
  options.add("precision", &precision, "of operands of products and of stored activations", {"float", "bf16", "half", "half-flushed"});
  loss_scale.declare(options);
  options.add("no-instruction", &no_instruction, "multiply bf16 in ordinary arithmetic, also where the processor has vdpbf16ps");
}

void PrecisionOptions::apply(const std::string& device, bool compare_with_serial) const {
  LossScale{loss_scale};  // throws where it is no power of two
  if (precision == "float") return;
  if (device != "cpu") throw Error("--precision " + precision + ": needs --device cpu, not " + device);
  if (compare_with_serial) throw Error("--compare-with-serial: the serial run computes in float, not in " + precision);
}

std::unique_ptr<Device> PrecisionOptions::make_device(const std::string& device, int local_rank) const {
  if (precision == "float") return ::make_device(device, local_rank);
  return std::make_unique<FewerBitsDevice>(precision.c_str(), !no_instruction);
}

#include "chapters/11_fewer_bits/precision_options.h"

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/11_fewer_bits/bf16_product.h"
#include "chapters/11_fewer_bits/fewer_bits_cuda_device.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/error.h"

void PrecisionOptions::declare(Options& options) {
  options.add("precision", &precision, "of operands of products and of stored activations", {"float", "bf16", "half", "half-flushed"});
  loss_scale.declare(options);
  options.add("instruction", &instruction, "multiply bf16 by the processor's vdpbf16ps; auto: where it has that, and it is faster",
              {"auto", "yes", "no"});
}

void PrecisionOptions::apply(const std::string& device, bool compare_with_serial) const {
  LossScale{loss_scale};  // throws where it is no power of two
  if (instruction == "yes" && !has_bf16_instruction()) throw Error("--instruction yes: this processor has no vdpbf16ps");
  if (precision == "float") return;
  if (instruction == "yes" && device != "cpu") throw Error("--instruction yes: needs --device cpu, not " + device);
  if (compare_with_serial) throw Error("--compare-with-serial: the serial run computes in float, not in " + precision);
}

bool PrecisionOptions::by_instruction() const {
  return precision == "bf16" && (instruction == "yes" || (instruction == "auto" && bf16_instruction_pays()));
}

std::unique_ptr<Device> PrecisionOptions::make_device(const std::string& device, int local_rank) const {
  if (precision == "float") return ::make_device(device, local_rank);
  if (device == "cuda") return std::make_unique<FewerBitsCudaDevice>(precision.c_str(), local_rank % count_gpus());
  return std::make_unique<FewerBitsDevice>(precision.c_str(), by_instruction());
}

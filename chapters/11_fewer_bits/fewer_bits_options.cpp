#include "chapters/11_fewer_bits/fewer_bits_options.h"

#include "common/error.h"

void FewerBitsOptions::declare(Options& options) {
  DataParallelOptions::declare(options);
  PrecisionOptions::declare(options);
  options.add("weights", &weights, "between steps: floats, or as --precision has them", {"master", "rounded", "stochastic"});
  options.add("messages", &messages, "in what gradients travel; bf16-sums: also their sums are rounded", {"float", "bf16", "bf16-sums"});
}

void FewerBitsOptions::apply(Dataset& train) const {
  DataParallelOptions::apply(train);
  PrecisionOptions::apply(device, compare_with_serial);
  if (weights != "master" && precision != "float" && device != "cpu")
    throw Error("--weights " + weights + ": needs --device cpu, not " + device);
  if (messages != "float" && (reproducible || overlap || bucket_kib > 0 || allreduce != "rank-order"))
    throw Error("--messages " + messages + ": goes with neither --reproducible, --overlap, --bucket-kib nor another --allreduce");
  if (messages != "float" && (exchange == "peer" || exchange == "mpi"))
    throw Error("--messages " + messages + ": goes through the host, not with --exchange " + exchange);
}

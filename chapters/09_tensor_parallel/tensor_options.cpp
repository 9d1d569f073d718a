#include "chapters/09_tensor_parallel/tensor_options.h"

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/06_data_parallel/trace_layers.h"
#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "common/error.h"

void TensorOptions::declare(Options& options) {
  TrainOptions::declare(options, device_names);
  options.add("allreduce", &allreduce, "how activations and their gradients are summed",
              tensor_allreduce_names());
  options.add("exchange", &exchange, "how sums are made between GPUs: host memory, each other's, MPI with their pointers; auto: peer, else mpi, where it can be",
              {"auto", "host", "peer", "mpi"});
  options.add("chunk-kib", &chunk_kib, "through host memory: of longer sums in forward one chunk of this size is copied while another one travels",
              between(1, 1 << 20));
  options.add("compare-with-serial", &compare_with_serial, "train again on rank 0 alone, and compare");
  options.add("trace", &trace, "write a timeline of all ranks to this file");
}

void TensorOptions::apply(Dataset& train) const {
  TrainOptions::apply(train);
  if ((exchange == "peer" || exchange == "mpi") && (device != "cuda" || allreduce != "rank-order"))
    throw Error("--exchange " + exchange + ": needs --device cuda and --allreduce rank-order");
  if (compare_with_serial && batch == 1 && ranks > 1)
    throw Error(
        "--compare-with-serial: needs --batch 2 or more, since one row has no other order to compare with");
}

Layout TensorOptions::layout(const Dataset& train) const {
  return make_layout(sizes(train), {0, hidden.size() + 1}, {rank, ranks});
}

void TensorOptions::show_layers(Mlp& mlp) const {
  if (trace.empty()) return;
  trace_begin(trace);
  trace_layers(mlp, trace_of_gpu(mlp.device()));
}

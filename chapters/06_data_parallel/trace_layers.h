// Shows each layer as a block in the timeline of --trace: of the host, which hands it over, and of its GPU, which computes it.
#pragma once

#include <memory>
#include <optional>

#include "chapters/01_serial/mlp.h"
#include "chapters/02_cuda/gpu_trace.h"
#include "common/mpi_guard/trace.h"

inline std::shared_ptr<GpuTrace> trace_of_gpu(Device& device) {
  const auto gpu = dynamic_cast<CudaDevice*>(&device);
  return gpu ? std::make_shared<GpuTrace>(*gpu) : nullptr;
}

// Adds to the hooks that the Mlp has: those are called outside of the blocks. gpu: or null.
inline void trace_layers(Mlp& mlp, std::shared_ptr<GpuTrace> gpu = nullptr) {
  const auto region = std::make_shared<std::optional<TraceRegion>>();
  const auto stream = gpu ? dynamic_cast<CudaDevice&>(mlp.device()).stream() : nullptr;
  const auto begin = [=](const char* name, int layer) {
    region->emplace(name, layer);
    if (gpu) gpu->begin(stream, 1, name, layer);
  };
  const auto end = [=] {
    if (gpu) gpu->end();
    region->reset();
  };
  mlp.hooks.before_forward = [=](int layer, int) { begin("forward", layer); };
  mlp.hooks.after_forward = [=](int, int) { end(); };
  mlp.hooks.before_backward = [=](int layer, int) { begin("backward", layer); };
  mlp.hooks.after_backward = [=, after = mlp.hooks.after_backward](int layer, int slot) {
    end();
    if (after) after(layer, slot);
  };
}

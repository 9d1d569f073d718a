// Shows each layer as a block in the timeline of --trace.
#pragma once

#include <memory>
#include <optional>

#include "chapters/01_serial/mlp.h"
#include "common/mpi_guard/trace.h"

// Adds to the hooks that the Mlp has: those are called outside of the blocks.
inline void trace_layers(Mlp& mlp) {
  const auto region = std::make_shared<std::optional<TraceRegion>>();
  mlp.hooks.before_forward = [region](int layer, int) { region->emplace("forward", layer); };
  mlp.hooks.after_forward = [region](int, int) { region->reset(); };
  mlp.hooks.before_backward = [region](int layer, int) { region->emplace("backward", layer); };
  mlp.hooks.after_backward = [region, after = mlp.hooks.after_backward](int layer, int slot) {
    region->reset();
    if (after) after(layer, slot);
  };
}

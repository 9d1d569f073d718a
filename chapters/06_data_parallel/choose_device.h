// Where a rank computes. The only place of this chapter that knows which devices there are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chapters/01_serial/device.h"
#include "common/error.h"

inline const std::vector<std::string> devices_to_choose = {"cpu"};

// name: one of devices_to_choose.  node_rank: of this rank among those of its node, who deal out the node's GPUs.
inline std::unique_ptr<Device> choose_device(const std::string& name, [[maybe_unused]] int node_rank) {
  if (name == "cpu") return make_cpu_device();
  throw Error("--device: this program knows no '" + name + "'");
}

// Cores near a GPU. Where a machine has several processors, each GPU hangs on one of them, and what a core of another one copies to it
// takes a longer way. Linux says which cores are near a device; this is the rule of hwloc:
//
//   /sys/bus/pci/devices/0000:c1:00.0/local_cpulist     0-15,32-47
#pragma once

#include <string>
#include <vector>

// The folder; the environment's PCI_DEVICES, which tests set, is another one.
std::string pci_devices();

// The GPUs that this process may use, in the order of CUDA's numbers, by their addresses as the folder has them; "" for one whose
// address the driver does not say. CUDA_VISIBLE_DEVICES is obeyed. The driver's library is looked up at run time: none without it.
std::vector<std::string> visible_gpus_by_address();

// A list of cores as Linux writes it, "0-3,8", and back. What is no such list is taken for an empty one.
std::vector<int> cores_of(const std::string& list);
std::string list_of(const std::vector<int>& cores);

// The cores near the device with this address, ascending; none where the system does not say.
std::vector<int> cores_near(const std::string& address, const std::string& folder = pci_devices());
// The cores that the system, or a launcher, lets this process run on.
std::vector<int> allowed_cores();

// Where the rank that is number `node_rank` on its node is to run: those of the allowed cores that are near its GPU, number node_rank
// modulo their count. near: of each GPU. All allowed ones where no near one is among them, or where the ranks up to this one would not
// find a core each there.
std::vector<int> cores_for(int node_rank, const std::vector<int>& allowed, const std::vector<std::vector<int>>& near);

// This process runs there from now on. gpus: as many as CUDA has; if the driver has another number, nothing is done.
void stay_near_gpu(int node_rank, int gpus);

// Cores near a GPU, as the system tells them in a folder that the test makes, and the GPUs that a driver shows, which the test makes, too:
// where each rank of a node is to run, and that make_device sees to it.
#include <gtest/gtest.h>
#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/03_fast_kernels/near_cores.h"
#include "tests/false_driver.h"
#include "tests/program.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

namespace fs = std::filesystem;
using Cores = std::vector<int>;

TEST(Cores, AreReadAndWrittenAsLinuxDoes) {
  const std::pair<const char*, Cores> lists[] = {
      {"", {}}, {"0", {0}}, {"0-3", {0, 1, 2, 3}}, {"0-1,4,7-8", {0, 1, 4, 7, 8}}, {"12,14", {12, 14}}, {"1023", {1023}}};
  for (const auto& [list, cores] : lists) {
    EXPECT_EQ(cores_of(list), cores) << list;
    EXPECT_EQ(cores_of(std::string(list) + "\n"), cores) << list;
    EXPECT_EQ(list_of(cores), list);
  }
  for (const char* nonsense : {"x", "-1", "1-", "3-1", "1;2", "1,x", "1024", "0-1024", "0-99999999", "1-2-3", "ffff"}) EXPECT_EQ(cores_of(nonsense), Cores()) << nonsense;
}

TEST(Cores, AreNearWhereTheSystemSaysSo) {
  const std::string folder = testing::TempDir() + "pci_" + std::to_string(getpid());
  fs::create_directories(folder + "/0000:c1:00.0");
  fs::create_directories(folder + "/0000:c2:00.0");
  std::ofstream(folder + "/0000:c1:00.0/local_cpulist") << "0-1,4\n";
  EXPECT_EQ(cores_near("0000:c1:00.0", folder), (Cores{0, 1, 4}));
  for (const char* address : {"0000:c2:00.0", "0000:c3:00.0", ""}) EXPECT_EQ(cores_near(address, folder), Cores()) << address;
  setenv("PCI_DEVICES", folder.c_str(), 1);
  EXPECT_EQ(cores_near("0000:c1:00.0"), (Cores{0, 1, 4}));
  unsetenv("PCI_DEVICES");
  EXPECT_EQ(pci_devices(), "/sys/bus/pci/devices");
  fs::remove_all(folder);
}

// By hand. Two processors with four cores each, and two GPUs on each of them; then others.
TEST(Cores, OfARankAreNearItsGpuWhileThereIsOneForEach) {
  const Cores left = {0, 1, 2, 3}, right = {4, 5, 6, 7}, all = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<Cores> near = {left, left, right, right};
  const auto list_for = [&](int node_rank, const Cores& allowed, const std::vector<Cores>& of_gpus) { return list_of(cores_for(node_rank, allowed, of_gpus)); };
  const char* expected[] = {"0-3", "0-3", "4-7", "4-7", "0-3", "0-3", "4-7", "4-7", "0-7", "0-7"};  // four ranks to a processor, no more
  for (int node_rank = 0; node_rank < 10; ++node_rank) EXPECT_EQ(list_for(node_rank, all, near), expected[node_rank]) << node_rank;
  EXPECT_EQ(list_for(2, {0, 1, 2, 5, 7}, near), "5,7") << "what a launcher allows is not exceeded";
  EXPECT_EQ(list_for(6, {0, 1, 2, 5, 7}, near), "0-2,5,7");
  EXPECT_EQ(list_for(2, {0, 1}, near), "0-1") << "no near core is allowed";
  EXPECT_EQ(list_for(0, all, {right}), "4-7") << "a task that sees its own GPU only";
  EXPECT_EQ(list_for(3, all, {right}), "4-7");
  EXPECT_EQ(list_for(4, all, {right}), "0-7");
  EXPECT_EQ(list_for(1, all, {left, {}}), "0-7") << "the system does not say";
  EXPECT_EQ(list_for(0, all, {left, {}}), "0-3");
  EXPECT_EQ(list_for(0, all, {}), "0-7");
  EXPECT_EQ(list_for(1, all, {{0}, {0}}), "0-7") << "one core, and two GPUs there";
}

class WithDriver : public testing::Test {
 protected:
  void SetUp() override {
    static const bool none_here = !dlopen("libcuda.so.1", RTLD_NOW);
    if (!none_here || !&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: the driver of a GPU is here";
    static void* const loaded = load_false_driver();
    ASSERT_TRUE(loaded) << dlerror();
    folder = testing::TempDir() + "driver_" + std::to_string(getpid());
    setenv("PCI_DEVICES", folder.c_str(), 1);
    sched_getaffinity(0, sizeof before, &before);
  }
  void TearDown() override {
    for (const char* name : {"PCI_DEVICES", "CUDA_VISIBLE_DEVICES"}) unsetenv(name);
    sched_setaffinity(0, sizeof before, &before);
    if (!folder.empty()) fs::remove_all(folder);
  }
  void near(const std::string& address, const std::string& list) const {
    fs::create_directories(folder + "/" + address);
    std::ofstream(folder + "/" + address + "/local_cpulist") << list << "\n";
  }
  std::string folder;
  cpu_set_t before;
};

TEST_F(WithDriver, GpusHaveTheAddressesOfThoseThatAreVisible) {
  using Addresses = std::vector<std::string>;
  EXPECT_EQ(visible_gpus_by_address(), (Addresses{"", "0000:c1:00.0", "0000:c2:00.0", "0000:c3:00.0"}));
  setenv("CUDA_VISIBLE_DEVICES", "3,1", 1);
  EXPECT_EQ(visible_gpus_by_address(), (Addresses{"0000:c3:00.0", "0000:c1:00.0"}));
  setenv("CUDA_VISIBLE_DEVICES", "2", 1);
  EXPECT_EQ(visible_gpus_by_address(), (Addresses{"0000:c2:00.0"}));
  for (const char* failing : {"NO_INIT", "NO_COUNT"}) {
    setenv(failing, "1", 1);
    EXPECT_EQ(visible_gpus_by_address(), Addresses()) << failing << ": what the driver has written does not count";
    unsetenv(failing);
  }
}

// CUDA on the CPU has one device, as a task of Slurm that sees its own GPU only.
TEST_F(WithDriver, ADeviceComesWithTheCoresNearIt) {
  const Cores all = allowed_cores();
  if (all.size() < 2) GTEST_SKIP() << "skipped: one core is near to everything";
  near("0000:c3:00.0", std::to_string(all.back()));
  setenv("CUDA_VISIBLE_DEVICES", "3", 1);
  make_device("cuda", 1);
  EXPECT_EQ(allowed_cores(), all) << "that core is taken";
  make_device("cpu", 0);
  EXPECT_EQ(allowed_cores(), all);
  make_device("cuda", 0);
  EXPECT_EQ(allowed_cores(), Cores{all.back()});
  sched_setaffinity(0, sizeof before, &before);
  setenv("CUDA_VISIBLE_DEVICES", "3,1", 1);
  make_device("cuda", 0);
  EXPECT_EQ(allowed_cores(), all) << "the driver has two GPUs, CUDA one: which is whose?";
  setenv("CUDA_VISIBLE_DEVICES", "2", 1);
  make_device("cuda", 5);
  EXPECT_EQ(allowed_cores(), all) << "the system does not say what is near to it";
}

}  // namespace

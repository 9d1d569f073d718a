// What CUDA says of chapter 02's memory. And what the chapter asks CUDA of its kernels: the questions are put to a GPU of the test, whose
// answers are known. (nvcc compiles them for a true one.)
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "chapters/02_cuda/ask_cuda.h"
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/02_cuda/gpu_clock.h"
#include "chapters/02_cuda/kernels.h"

// A view is as long as its memory, and ends with it.
TEST(Memory, AViewIsPinnedUntilItsMemoryIsFreed) {
  std::unique_ptr<CudaDevice> device;
  try {
    device = std::make_unique<CudaDevice>();
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  const auto kind = [](const float* p) {
    cudaPointerAttributes attributes;
    CUDA_CHECK(cudaPointerGetAttributes(&attributes, p));
    return attributes.type;
  };
  const size_t n = 100'000;
  float* const p = device->allocate(n, Purpose::workspace);
  const float* const view = device->host_view(p, n);
  for (const size_t i : {size_t{0}, n - 1}) {
    EXPECT_EQ(kind(p + i), cudaMemoryTypeDevice) << i;
    EXPECT_EQ(kind(view + i), cudaMemoryTypeHost) << i;
  }
  device->free(p);
  EXPECT_EQ(kind(view), cudaMemoryTypeUnregistered);
  EXPECT_THROW(device->host_view(p, 1), std::logic_error);
}

#ifndef __NVCC__

// The default stream, on which a library may compute, waits for neither of a device's streams. Here they are as late as they may be.
TEST(Streams, WaitForEachOtherAlone) {
  CudaDevice device;
  const size_t n = 100;
  const Buffer<> p(device, n, Purpose::workspace), q(device, n, Purpose::workspace), of_others(device, n, Purpose::workspace);
  float* const view = device.host_view(p, n);
  GpuClock clock(device);
  view[0] = 7;
  device.fill(p, 1, n);
  device.begin_copy_out(p, n);
  clock.begin(), device.fill(q, 2, n), clock.end();
  CUDA_CHECK(cudaMemset(of_others, 0, n * sizeof(float)));
  CUDA_CHECK(cudaStreamSynchronize(nullptr));
  EXPECT_EQ(view[0], 7) << "the copy has not been waited for";
  EXPECT_EQ(clock.seconds(), 0) << "nor what the device computes";
  device.end_copy_out(p, n);
  EXPECT_EQ(view[0], 1);
}

namespace {

struct PropertiesOfTest {
  char name[16];
  int major, minor, warpSize, maxThreadsPerMultiProcessor, maxBlocksPerMultiProcessor;
  size_t sharedMemPerMultiprocessor, reservedSharedMemPerBlock;
};
struct AttributesOfTest {
  int numRegs;
  size_t sharedSizeBytes;
};

cudaError_t answer = cudaSuccess;
int gpus = 1;
PropertiesOfTest gpu_of_test;

cudaError_t count_of_test(int* count) { return *count = gpus, answer; }
cudaError_t properties_of_test(PropertiesOfTest* properties, int device) {
  EXPECT_EQ(device, 0);
  *properties = gpu_of_test;
  return cudaSuccess;
}

}  // namespace

// The kernels; whose each answer is, is told by their parameters.
namespace asked {
namespace plain {
void add_kernel(float*, const float*, size_t) {}
void matmul_kernel(float*, MatrixView, MatrixView, Write, int, int, int) {}
void column_sums_kernel(float*, const float*, Write, int, int) {}
void row_max_kernel(float*, const float*, int) {}
}  // namespace plain

cudaError_t attributes_of_test(AttributesOfTest* a, void (*)(float*, const float*, size_t)) { return *a = {10, 0}, cudaSuccess; }
cudaError_t attributes_of_test(AttributesOfTest* a, void (*)(float*, MatrixView, MatrixView, Write, int, int, int)) { return *a = {38, 0}, cudaSuccess; }
cudaError_t attributes_of_test(AttributesOfTest* a, void (*)(float*, const float*, Write, int, int)) { return *a = {31, 16}, cudaSuccess; }
cudaError_t attributes_of_test(AttributesOfTest* a, void (*)(float*, const float*, int)) { return *a = {14, 256}, cudaSuccess; }
template <class Kernel>
cudaError_t blocks_of_test(int* blocks, Kernel* kernel, int threads, size_t dynamic_bytes) {
  AttributesOfTest attributes;
  attributes_of_test(&attributes, kernel);
  *blocks = 1000 * attributes.numRegs + threads + 7 * int(dynamic_bytes);
  return cudaSuccess;
}
}  // namespace asked

#define __NVCC__
#define cudaDeviceProp PropertiesOfTest
#define cudaFuncAttributes AttributesOfTest
#define cudaGetDeviceCount count_of_test
#define cudaGetDeviceProperties properties_of_test
#define cudaFuncGetAttributes attributes_of_test
#define cudaOccupancyMaxActiveBlocksPerMultiprocessor blocks_of_test
namespace asked {
#include "chapters/02_cuda/ask_cuda.cu"
}

namespace {

// An RTX 3090 and a T4, as CUDA describes them: threads are 32 to a warp, and before 8.0 bytes are given in steps of 256.
TEST(AskCuda, AGpuIsDescribedInWarpsBlocksAndBytes) {
  gpu_of_test = {"Some GPU", 8, 6, 32, 1536, 16, 102400, 1024};
  const std::optional<Gpu> gpu = asked::ask_cuda();
  ASSERT_TRUE(gpu);
  EXPECT_EQ(gpu->name, "Some GPU");
  const auto is = [](const Multiprocessor& m, const std::string& capability, int warps, int blocks, int shared, int reserved, int granule) {
    EXPECT_EQ(m.capability, capability);
    EXPECT_TRUE(m.warps == warps && m.blocks == blocks && m.shared == shared && m.reserved == reserved && m.granule == granule) << capability;
  };
  is(gpu->multiprocessor, "8.6", 48, 16, 102400, 1024, 128);
  gpu_of_test = {"Other", 7, 5, 32, 1024, 16, 65536, 0};
  is(asked::ask_cuda()->multiprocessor, "7.5", 32, 16, 65536, 0, 256);
  gpu_of_test = {"Newer", 12, 0, 32, 1536, 24, 102400, 1024};
  is(asked::ask_cuda()->multiprocessor, "12.0", 48, 24, 102400, 1024, 128);
}

// Threads as the chapter launches them; the rest as it was answered.
TEST(AskCuda, EachKernelIsAskedForInItsOwnBlock) {
  const std::optional<Gpu> gpu = asked::ask_cuda();
  ASSERT_TRUE(gpu);
  std::string all;
  for (const KernelOnGpu& k : gpu->kernels)
    all += k.name + " " + std::to_string(k.block.threads) + " " + std::to_string(k.block.registers) + " " + std::to_string(k.block.shared) + " " +
           std::to_string(k.blocks) + "\n";
  EXPECT_EQ(all, "add 256 10 0 10256\nmatmul 256 38 0 38256\ncolumn_sums 256 31 16 31256\nrow_max 64 14 256 14064\n");
}

TEST(AskCuda, WithoutAGpuNothingIsAsked) {
  gpus = 0;
  EXPECT_FALSE(asked::ask_cuda());
  gpus = 1, answer = cudaErrorNoDevice;
  EXPECT_FALSE(asked::ask_cuda());
  answer = cudaSuccess;
  EXPECT_TRUE(asked::ask_cuda());
  EXPECT_FALSE(ask_cuda()) << "the chapter's own, where kernels are built for the CPU";
}

}  // namespace

#endif

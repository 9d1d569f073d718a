// Chapter 04's way through host memory in chunks: what is under way while the host works on a chunk, on a device that is as late as it
// may be, on one that is not late at all, and on CUDA; waits and memory by formula.
// ranks: 1 2
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "chapters/04_point_to_point/through_host.h"
#include "tests/device_waits.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

namespace {

using Vector = std::vector<float>;

// Ranges that follow each other, have other ones between them, or come from the end; long and short ones, and none.
const std::vector<std::vector<Range>> lists = {
    {}, {{0, 5}}, {{0, 5}, {5, 9}}, {{0, 3}, {3, 6}, {6, 7}}, {{6, 9}, {3, 6}, {0, 3}}, {{1, 2}, {4, 9}, {2, 3}, {12, 13}, {9, 12}, {3, 4}, {0, 1}}};
constexpr size_t n = 14, longest = 5;

Vector numbers() {
  Vector x(n);
  for (size_t i = 0; i < n; ++i) x[i] = float(100 + i);
  return x;
}

// What the vector holds, where the k-th chunk's elements become 2x + k.
Vector expected_for(const std::vector<Range>& chunks) {
  Vector x = numbers();
  for (size_t k = 0; k < chunks.size(); ++k)
    for (size_t i = chunks[k].first; i < chunks[k].last; ++i) x[i] = 2 * x[i] + float(k);
  return x;
}

Vector run_on(Device& device, ThroughHost& through_host, const std::vector<Range>& chunks) {
  const Buffer data(device, n, Purpose::gradients);
  const Vector before = numbers();
  device.copy_in(data.data(), before.data(), n);
  size_t k = 0;
  bool sizes = true;
  through_host.run(data, chunks, [&](float* view, size_t size) {
    sizes = sizes && k < chunks.size() && size == chunks[k].size();
    for (size_t i = 0; i < size; ++i) view[i] = 2 * view[i] + float(k);
    ++k;
  });
  EXPECT_TRUE(sizes && k == chunks.size());
  Vector after(n);
  device.copy_out(after.data(), data.data(), n);
  return after;
}

TEST(ThroughHost, EveryChunkIsWorkedOnOnceAndComesBack) {
  LateDevice late, at_once(true);
  const auto cpu = make_cpu_device();
  for (Device* device : {static_cast<Device*>(&late), static_cast<Device*>(&at_once), cpu.get()}) {
    ThroughHost through_host(*device, longest);
    for (const auto& chunks : lists)
      for (int turn = 0; turn < 2; ++turn) EXPECT_EQ(run_on(*device, through_host, chunks), expected_for(chunks)) << device->name() << chunks.size();
  }
}

TEST(ThroughHost, AndOnCudaTheHostWaitsOnceForEachChunk) {
  std::string reason;
  const auto device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  ThroughHost through_host(*device, longest);
  const Buffer data(*device, n, Purpose::gradients);
  for (const auto& chunks : lists) {
    EXPECT_EQ(run_on(*device, through_host, chunks), expected_for(chunks)) << chunks.size();
    device->synchronize();
    device->fill(data, 1.0f, n);
    EXPECT_EQ(waits_of([&] { through_host.run(data, chunks, [](float*, size_t) {}); }), chunks.size());
  }
}

// Which copies have begun, and which views were asked for.
struct Listening : LateDevice {
  float* host_view(float* p, size_t count) override {
    views.insert(p);
    return LateDevice::host_view(p, count);
  }
  void begin_copy_out(float* p, size_t count) override { out.push_back(p), LateDevice::begin_copy_out(p, count); }
  void end_copy_out(float* p, size_t count) override { ++ended, LateDevice::end_copy_out(p, count); }
  void begin_copy_in(float* p, size_t count) override { in.push_back(p), LateDevice::begin_copy_in(p, count); }
  std::set<float*> views;
  std::vector<float*> out, in;
  size_t ended = 0;
};

// While the host works on chunk k, that after it is on its way out, and that before it on its way in; no other copy has begun.
TEST(ThroughHost, CopiesNeighboursWhileTheHostWorks) {
  Listening device;
  const std::vector<Range> chunks = {{0, 2}, {2, 4}, {4, 6}, {6, 8}, {8, 9}};
  ThroughHost through_host(device, 2);
  const Buffer data(device, 9, Purpose::gradients);
  device.fill(data, 1.0f, 9);
  size_t k = 0;
  through_host.run(data, chunks, [&](float* view, size_t) {
    EXPECT_EQ(device.out.size(), std::min(k + 2, chunks.size())) << k;
    EXPECT_EQ(device.ended, k + 1);
    EXPECT_EQ(device.in.size(), k);
    EXPECT_EQ(view, device.host_view(device.out[k], 2));
    ++k;
  });
  EXPECT_EQ(k, 5u);
}

// Two chunks on the device and two in host memory, however long the vector is: no view of the vector itself.
TEST(ThroughHost, NeedsTheMemoryOfTwoChunks) {
  Listening device;
  const std::vector<Range> chunks = {{0, 3}, {3, 6}, {6, 9}, {9, 11}};
  ThroughHost through_host(device, 3);
  const Buffer data(device, 11, Purpose::gradients);
  device.fill(data, 1.0f, 11);
  through_host.run(data, chunks, [](float*, size_t) {});
  EXPECT_EQ(device.memory(Purpose::exchange).peak, 2 * 3 * sizeof(float));
  EXPECT_EQ(device.memory(Purpose::workspace).peak, 0u);
  EXPECT_EQ(device.views.size(), 2u);
  EXPECT_EQ(std::abs(*device.views.begin() - *device.views.rbegin()), 3) << "the two buffers";
  EXPECT_FALSE(device.views.count(data.data()));
}

// Between two ranks: a vector in chunks, there and back.
TEST(ThroughHost, ExchangesAVectorInChunks) {
  if (ranks < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  LateDevice device;
  const std::vector<Range> chunks = {{0, 100}, {100, 200}, {200, 257}};
  ThroughHost through_host(device, 100);
  const Buffer data(device, 257, Purpose::gradients);
  device.fill(data, float(10 + rank), 257);
  through_host.run(data, chunks, [&](float* view, size_t size) {
    MPI_CHECK(MPI_Sendrecv_replace(view, int(size), MPI_FLOAT, 1 - rank, 3, 1 - rank, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  });
  Vector got(257);
  device.copy_out(got.data(), data.data(), 257);
  EXPECT_ON_ALL_RANKS(got == Vector(257, float(11 - rank)));
}

}  // namespace

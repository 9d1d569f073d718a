// Chapter 03's pool of memory: each block has one owner, nobody waits for the next one's, and no more is kept than was in use at once.
// orders: ascending descending shuffled
#include <algorithm>
#include <map>
#include <new>
#include <vector>

#include "chapters/03_fast_kernels/step_graph.h"
#include "tests/03_fast_test.h"

namespace {

using namespace device_operations;

// Several thousand allocations and frees by chance, beside a list of what is in use: each holds its own numbers until it is freed, and
// bytes are counted as without a pool. There are never more blocks than were in use at once.
TEST_F(FastTest, ThePoolGivesEachBlockToOneOwner) {
  const size_t before = free_gpu_memory(0), longest = 900;
  device->keep_freed_memory(true);
  struct Owned {
    float *p, value;
    size_t n;
    Purpose purpose;
  };
  std::vector<Owned> in_use;
  std::map<Purpose, size_t> live, peak;
  size_t most_at_once = 0;
  uint64_t draws = 0;
  const auto random = [&](size_t n) { return random_words(3, RandomStream::test, 5, draws++)[0] % n; };
  const auto end = [&](size_t i) {
    const Owned gone = in_use[i];
    Floats held(gone.n);
    device->copy_out(held.data(), gone.p, gone.n);
    EXPECT_EQ(held, Floats(gone.n, gone.value));
    device->free(gone.p);
    live[gone.purpose] -= 4 * gone.n;
    in_use.erase(in_use.begin() + ptrdiff_t(i));
  };
  for (int turn = 0; turn < 3000; ++turn) {
    if (in_use.size() == 6 || (!in_use.empty() && random(2) == 0)) {
      end(random(in_use.size()));
      continue;
    }
    const size_t n = 1 + random(longest);
    const Purpose purpose = random(2) == 0 ? Purpose::parameters : Purpose::gradients;
    in_use.push_back({device->allocate(n, purpose), float(turn), n, purpose});
    device->fill(in_use.back().p, float(turn), n);
    live[purpose] += 4 * n;
    peak[purpose] = std::max(peak[purpose], live[purpose]);
    most_at_once = std::max(most_at_once, in_use.size());
    for (const auto& [of, bytes] : live) {
      ASSERT_EQ(device->memory(of).live, bytes);
      ASSERT_EQ(device->memory(of).peak, peak[of]);
    }
  }
  while (!in_use.empty()) end(0);
  EXPECT_GT(device->kept_bytes(), 0u);
  EXPECT_LE(device->kept_bytes(), most_at_once * 4 * longest);
  device->keep_freed_memory(false);
  EXPECT_EQ(device->kept_bytes(), 0u);
  if (!&cuda_on_cpu_waits) return;  // a GPU's driver gives memory by the page
  EXPECT_EQ(free_gpu_memory(0), before);
}

// Nobody waits: what was issued before goes on with what was there. Also what was begun to be copied in, whose view the next owner writes
// at once, and what is copied out while the next owner's kernel waits.
TEST_F(FastTest, ThePoolsNextOwnerDisturbsNobody) {
  const size_t n = 1000;
  const Copied<> seen(*device, Floats(n, 0.0f));
  device->keep_freed_memory(true);
  float* p = nullptr;
  for (int turn = 1; turn <= 3; ++turn) {
    float* const first = device->allocate(n, Purpose::workspace);
    EXPECT_TRUE(!p || first == p) << "the same block again";
    std::fill_n(device->host_view(first, n), n, float(turn));
    device->begin_copy_in(first, n);
    device->end_copy_in(first, n);
    device->add(seen, first, n);
    device->free(first);
    p = device->allocate(n - 1, Purpose::workspace);
    EXPECT_EQ(p, first);
    std::fill_n(device->host_view(p, n - 1), n - 1, -7.0f);
    device->free(p);
  }
  EXPECT_EQ(seen.host(), Floats(n, 1.0f + 2.0f + 3.0f));

  if (!&cuda_on_cpu_waits) return;
  const auto waits_of_pool = [&](bool keep) {
    device->keep_freed_memory(keep);
    device->free(device->allocate(n, Purpose::workspace));
    const unsigned long before = cuda_on_cpu_waits;
    for (size_t length : {n, n / 2, n}) {
      float* const q = device->allocate(length, Purpose::workspace);
      device->fill(q, 1, length);
      device->free(q);
    }
    return cuda_on_cpu_waits - before;
  };
  EXPECT_EQ(waits_of_pool(true), 0u);
  EXPECT_EQ(waits_of_pool(false), 3u);
}

TEST_F(FastTest, ThePoolGivesBackWhatIsInTheWay) {
  device->keep_freed_memory(true);
  float* const small = device->allocate(100, Purpose::workspace);
  device->free(device->allocate(200, Purpose::workspace));
  EXPECT_EQ(device->kept_bytes(), 4 * 200u);
  device->free(device->allocate(300, Purpose::workspace));
  EXPECT_EQ(device->kept_bytes(), 4 * 300u) << "the block of 200 went";
  device->free(device->allocate(50, Purpose::workspace));
  EXPECT_EQ(device->kept_bytes(), 4 * 300u) << "the block of 300 serves";
  float* const last = device->allocate(10, Purpose::workspace);
  float* const smallest = device->allocate(20, Purpose::workspace);
  device->free(small);
  device->free(smallest);
  EXPECT_EQ(device->kept_bytes(), 4 * 120u);
  EXPECT_THROW(device->allocate(size_t{1} << 50, Purpose::workspace), std::bad_alloc);
  EXPECT_EQ(device->kept_bytes(), 0u);
  // Of several that are too small, the largest goes.
  float* const several[] = {device->allocate(100, Purpose::workspace), device->allocate(200, Purpose::workspace), device->allocate(150, Purpose::workspace)};
  for (float* one : several) device->free(one);
  device->free(device->allocate(300, Purpose::workspace));
  EXPECT_EQ(device->kept_bytes(), 4 * (100u + 150u + 300u));
  device->keep_freed_memory(false);
  device->free(last);
  EXPECT_EQ(device->kept_bytes(), 0u);
}

// One of the device of chapter 02, one for each of four buffers, one for each block of the pool, idle or not: a run that makes devices and
// frees memory again and again ends with as many handles as it began with.
TEST_F(FastTest, AnEventEndsWithWhatItIsOf) {
  if (!&cuda_on_cpu_events) GTEST_SKIP() << "skipped: on a GPU nobody counts events";
  device.reset();
  const unsigned long before = cuda_on_cpu_events();
  for (int turn = 0; turn < 3; ++turn) {
    device = std::make_unique<FastCudaDevice>();
    const auto more = [&] { return cuda_on_cpu_events() - before - 1 - 4; };
    EXPECT_EQ(more(), 0u);
    device->free(device->allocate(100, Purpose::workspace));
    EXPECT_EQ(more(), 0u) << "without a pool";
    device->keep_freed_memory(true);
    float* const blocks[] = {device->allocate(100, Purpose::workspace), device->allocate(300, Purpose::workspace), device->allocate(200, Purpose::workspace)};
    EXPECT_EQ(more(), 3u);
    for (float* block : blocks) device->free(block);
    EXPECT_EQ(more(), 3u) << "idle";
    float* const in_300 = device->allocate(250, Purpose::workspace);
    EXPECT_EQ(more(), 3u);
    float* const other = device->allocate(400, Purpose::workspace);
    EXPECT_EQ(more(), 3u) << "in place of the block of 200";
    device->keep_freed_memory(false);
    EXPECT_EQ(more(), 2u) << "the block of 100 went";
    device->free(other);
    EXPECT_EQ(more(), 1u);
    device->free(in_300);
    EXPECT_EQ(more(), 0u);
    device->keep_freed_memory(true);
    device->free(device->allocate(100, Purpose::workspace));
    device.reset();
    EXPECT_EQ(cuda_on_cpu_events(), before) << "with the device, what is idle goes, too";
  }
}

// What was recorded is there once for each kind of step, and ends with the object; what it was made of ends when it is made.
TEST_F(FastTest, GraphsEndWithWhatRecordedThem) {
  if (!&cuda_on_cpu_graphs_kept) GTEST_SKIP() << "skipped: on a GPU nobody counts graphs";
  const Copied<> p(*device, Floats(3, 1.0f));
  const unsigned long before = cuda_on_cpu_graphs_kept();
  {
    StepGraph graph(*device);
    for (int turn = 0; turn < 2; ++turn)
      for (int rows : {1, 2, 3}) graph.run({rows, 3, Write::overwrite, 0}, [&] { device->scale(p, 2.0f, 3); });
    EXPECT_EQ(cuda_on_cpu_graphs_kept(), before + 3);
    EXPECT_EQ(p.host(), Floats(3, 64.0f));
  }
  EXPECT_EQ(cuda_on_cpu_graphs_kept(), before);
}

}  // namespace

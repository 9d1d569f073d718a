// Chapter 07 through memory of the host where units are longer than a chunk: the bits of the serial run on devices that are as late as they
// may be, not late at all, and on CUDA; messages by formula; and what is under way while a piece travels.
// ranks: 1 2 3 5
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/07_sharded_runs.h"
#include "tests/late_device.h"
#include "tests/recorded_calls.h"

namespace {

// Layers of 2460, 1830 and 310 parameters: a chunk is 256.
const std::vector<int> sizes = {40, 60, 30, 10};
constexpr size_t longest = 256;

ZeroOptions in_chunks(int level, int64_t unit, int micro_batches) {
  ZeroOptions o = way(level, unit, micro_batches);
  o.exchange = "host", o.chunk_kib = 1;
  return o;
}

size_t pieces_of(const Unit& unit) {
  const size_t n = unit.range.size(), part = (n + size_t(ranks()) - 1) / size_t(ranks());
  return ranks() == 1 || n <= longest ? 0 : (part + longest - 1) / longest;
}

void expect_serial_bits_on(Device& device) {
  const Dataset data = random_dataset(40, 30);
  for (const int micro_batches : {std::max(1, ranks() - 1), ranks(), 2 * ranks()}) {
    const Trained serial = train_serially(device, data, sizes, 20, micro_batches, rule("adam"));
    for (int level = 0; level < ways; ++level)
      for (const int64_t unit : {1, 1000000}) {
        ShardedRun run(device, data, sizes, 20, rule("adam"), in_chunks(level, unit, micro_batches), MPI_COMM_WORLD);
        std::vector<double> losses;
        for (const Range batch : batches(data.count, 20)) losses.push_back(run.step(batch));
        const std::vector<float> weights = run.weights();
        EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits() && losses == serial.losses)
            << device.name() << ", level " << level << ", unit " << unit << ", " << micro_batches << " micro-batches";
        EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01);
      }
  }
}

TEST(InPieces, HasTheSerialBitsWhereverItIsLate) {
  LateDevice late, at_once(true);
  expect_serial_bits_on(late);
  expect_serial_bits_on(at_once);
}

TEST(InPieces, HasTheSerialBitsOnCuda) {
  try {
    expect_serial_bits_on(*test_device("cuda"));
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
}

// Two halves of the ranks at the same time, in descending order.
TEST(InPieces, HalvesOfTheRanksTrainAtTheSameTime) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() % 2, -rank(), &half));
  const Dataset data = random_dataset(40, 30);
  const Trained serial = train_serially(data, sizes, 20, ranks_of(half), rule("adam"));
  for (int level = 0; level < ways; ++level) {
    LateDevice device;
    ShardedRun run(device, data, sizes, 20, rule("adam"), in_chunks(level, 1, ranks_of(half)), half);
    run.epoch();
    EXPECT_ON_ALL_RANKS(compare(run.weights(), serial.weights).same_bits()) << "level " << level;
  }
  MPI_CHECK(MPI_Comm_free(&half));
}

// What begins and ends, and how many messages this rank had sent then.
struct Listening : LateDevice {
  void note(const std::string& what) {
    const auto sent = std::ranges::count_if(calls, [](const Call& call) { return call.to >= 0; });
    events.push_back(what + " " + std::to_string(sent));
  }
  void begin_copy_out(float* p, size_t n) override { note("out begins"), floats_out += n, LateDevice::begin_copy_out(p, n); }
  void end_copy_out(float* p, size_t n) override { note("out ends"), LateDevice::end_copy_out(p, n); }
  void begin_copy_in(float* p, size_t n) override { note("in begins"), LateDevice::begin_copy_in(p, n); }
  std::vector<Call> calls;
  std::vector<std::string> events;
  size_t floats_out = 0;
};

// All pieces are on their way out when the host waits for the first; it sends each before it waits for the next. Nothing comes in before
// all are sent; then piece by piece. Gradients first, then new weights.
TEST(InPieces, APieceIsCopiedWhileAnotherOneTravels) {
  Listening device;
  const Dataset data = random_dataset(40, 20);
  ShardedRun run(device, data, sizes, 20, rule("sgd"), in_chunks(1, 1000000, ranks()), MPI_COMM_WORLD);
  run.step({0, 20});
  device.events.clear(), device.floats_out = 0;
  log_calls(&device.calls);
  const Traffic before = traffic();
  run.step({0, 20});
  log_calls(nullptr);
  const Unit& all = run.zero().shards().units[0];
  const size_t others = size_t(ranks() - 1), pieces = pieces_of(all), own = run.zero().shards().size(rank());
  EXPECT_ON_ALL_RANKS(ranks() == 1 || pieces > 3);
  std::vector<std::string> expected;
  const auto expect = [&](const std::string& what, size_t times, size_t sent, size_t each) {
    for (size_t i = 0; i < times; ++i) expected.push_back(what + " " + std::to_string(sent + i * each));
  };
  const size_t gradients = others * pieces;
  expect("in begins", 1, 0, 0);  // the images
  expect("out begins", gradients, 0, 0);
  expect("out ends", gradients, 0, 1);
  expect("in begins", gradients, gradients, 0);
  if (ranks() > 1) {
    expect("out begins", pieces, gradients, 0);
    expect("out ends", pieces, gradients, others);
    expect("in begins", gradients, 2 * gradients, 0);
  }
  EXPECT_ON_ALL_RANKS(device.events == expected) << testing::PrintToString(device.events) << testing::PrintToString(expected);
  EXPECT_ON_ALL_RANKS(traffic().messages - before.messages == 2 * gradients);
  EXPECT_ON_ALL_RANKS(traffic().floats - before.floats == (ranks() > 1 ? all.range.size() - own + others * own : 0));
  EXPECT_ON_ALL_RANKS(device.floats_out == (ranks() > 1 ? all.range.size() : 0));  // those of others, and one's own new weights
}

// A step ends its messages: none is still under way when its memory is written again.
TEST(InPieces, EveryMessageIsWaitedFor) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset data = random_dataset(40, 20);
  for (int level = 0; level <= 3; ++level) {
    LateDevice device;
    ShardedRun run(device, data, sizes, 20, rule("sgd"), in_chunks(level, 1, ranks()), MPI_COMM_WORLD);
    int begun = 0, waited_for = 0;
    record([&] {
      run.step({0, 20});
      for (const guard::Event& event : guard::recorded_trace().events) {
        if (event.region) continue;
        begun += event.call.op == guard::Op::isend || event.call.op == guard::Op::irecv;
        if (event.call.op == guard::Op::waitall) waited_for += event.call.request_count;
      }
    });
    EXPECT_ON_ALL_RANKS((begun > 0) == (ranks() > 1) && waited_for == begun) << "level " << level << ": " << waited_for << " of " << begun;
  }
}

// Units of 1 KiB and of 1 KiB and 20 bytes. The first is a chunk, and all of it is copied out; of the second a rank's own gradients stay.
TEST(InPieces, AUnitOfExactlyAChunkStaysWhole) {
  Listening device;
  const Dataset data = random_dataset(31, 20);
  ShardedRun run(device, data, {31, 8, 29}, 20, rule("sgd"), in_chunks(1, 1, ranks()), MPI_COMM_WORLD);
  const Shards& shards = run.zero().shards();
  ASSERT_TRUE(shards.units[0].range.size() == longest && shards.units[1].range.size() == longest + 5);
  run.step({0, 20});
  device.floats_out = 0;
  run.step({0, 20});
  const size_t expected = longest + shards.part(0, rank()).size() + longest + 5;  // gradients, and own new weights
  EXPECT_ON_ALL_RANKS(device.floats_out == (ranks() > 1 ? expected : 0)) << device.floats_out << ", not " << expected;
}

// A unit of at most a chunk is copied once, and is one message to each rank.
TEST(InPieces, ShortUnitsStayWhole) {
  LateDevice device;
  const Dataset data = random_dataset(40, 20);
  ZeroOptions o = in_chunks(1, 1, ranks());
  const size_t units = 3, others = size_t(ranks() - 1);
  for (const int64_t kib : {1, 8, 10}) {
    o.chunk_kib = kib;
    ShardedRun run(device, data, sizes, 20, rule("sgd"), o, MPI_COMM_WORLD);
    size_t messages = 0;
    for (const Unit& unit : run.zero().shards().units) {
      const size_t n = unit.range.size(), chunk = size_t(kib) * 256, part = (n + others) / (others + 1);
      messages += 2 * others * (n <= chunk ? 1 : (part + chunk - 1) / chunk);
    }
    const int copies = device.copies_out;
    const Traffic before = traffic();
    run.step({0, 20});
    EXPECT_ON_ALL_RANKS(traffic().messages - before.messages == messages) << kib << " KiB";
    EXPECT_ON_ALL_RANKS(kib < 10 || others == 0 || size_t(device.copies_out - copies) == 2 * units);
  }
}

}  // namespace

// What the order of sends and early receives are worth, simulated: the pictures of chapter 07's text, with messages of one unit of time.
#include <gtest/gtest.h>
#include <mpi.h>

#include <vector>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/13_scaling/simulation.h"
#include "common/mpi/session.h"

namespace {

constexpr size_t block = 1 << 18;  // floats

// A block takes a unit of time, nothing else takes any, and a card serves one message at a time.
Cluster cards() {
  Cluster c;
  c.title = "cards";
  c.inside = c.between = {.latency = 0, .overhead = 0, .rendezvous = 0, .bytes_per_second = 4.0 * block};
  c.fifo_ports = true;
  c.operations_per_second = c.bytes_per_second = 1e300;
  return c;
}

// Every rank has a block for every other one, and sends them one after the other; receives are posted at the beginning.
double units_to_all(int ranks, bool from_the_right) {
  return simulate(cards(), ranks, [&] {
    const int rank = rank_of(MPI_COMM_WORLD);
    std::vector<float> mine(block), theirs(block);  // what arrives is not looked at
    Pending receives, sends;
    for (int r = 0; r < ranks; ++r)
      if (r != rank) receives.receive(theirs.data(), block, r, MPI_COMM_WORLD);
    for (int step = 1; step < ranks; ++step) {
      const int right = (rank + step) % ranks, ascending = step <= rank ? step - 1 : step;
      sends.send(mine.data(), block, from_the_right ? right : ascending, MPI_COMM_WORLD);
      sends.wait();
    }
    receives.wait();
  }).seconds;
}

}  // namespace

// If all begin with rank 0, 2 p - 3 units; if each begins with its right neighbour, p - 1, as chapter 05's allgather.
TEST(Order, SendsFromTheRightNeighbourOnTakeTheFewestUnits) {
  for (int p : {2, 3, 4, 5, 8}) {
    EXPECT_NEAR(units_to_all(p, false), 2 * p - 3, 1e-5) << p;
    EXPECT_NEAR(units_to_all(p, true), p - 1, 1e-5) << p;
    const double gathering = simulate(cards(), p, [&] {
      std::vector<float> all(block * size_t(p));
      allgather_direct(all.data(), all.data() + block * size_t(rank_of(MPI_COMM_WORLD)), all.size(), MPI_COMM_WORLD);
    }).seconds;
    EXPECT_NEAR(gathering, p - 1, 1e-5) << p;
  }
}

// Rank 1 computes for 1 unit and sends, rank 0 computes for 3 and needs the message: there at 4 if the receive is posted then, at 2 if it
// was posted before. As far as messages move while ranks compute.
TEST(Order, AReceivePostedEarlyIsNotWaitedFor) {
  for (const bool early : {false, true}) {
    Cluster c = cards();
    c.eager_bytes = 0;
    c.progress_alone = true;
    const Simulated s = simulate(c, 2, [&] {
      std::vector<float> data(block);
      Pending messages;
      if (rank_of(MPI_COMM_WORLD) == 1) {
        compute(1);
        messages.send(data.data(), block, 0, MPI_COMM_WORLD);
      } else {
        if (early) messages.receive(data.data(), block, 1, MPI_COMM_WORLD);
        compute(3);
        if (!early) messages.receive(data.data(), block, 1, MPI_COMM_WORLD);
      }
      messages.wait();
    });
    EXPECT_NEAR(s.ranks[0].seconds, early ? 3 : 4, 1e-5);
    EXPECT_NEAR(s.ranks[1].seconds, early ? 2 : 4, 1e-5);
  }
}

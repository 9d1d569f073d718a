// What chapter 13 claims of its simulated MPI: clocks are right whoever runs first, messages carry what they should, and mistakes are
// explained.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "chapters/05_collectives/messages.h"
#include "chapters/13_scaling/step_time.h"
#include "common/mpi_guard/trace.h"
#include "tests/13_simulated_ranks.h"
#include "tests/full_disk.h"

using namespace simulated_ranks;

// ---- Clocks ----

TEST(Clocks, AReceiverWaitsForItsMessage) {
  const Simulated s = simulate(flat(), 2, [] {
    if (rank() == 1) {
      compute(3);
      send_bytes(1024, 0);
    } else {
      compute(1);
      receive_bytes(1024, 1);
      compute(2);
    }
  });
  EXPECT_EQ(s.ranks[0].seconds, 3 + alpha + 1024 * beta + 2);
  EXPECT_EQ(s.ranks[0].computing, 3);
  EXPECT_EQ(s.ranks[0].waiting, 2 + alpha + 1024 * beta);
  EXPECT_EQ(s.ranks[1].seconds, 3 + overhead + 1024 * beta);
  EXPECT_EQ(s.seconds, s.ranks[0].seconds);
  EXPECT_EQ(s.sum().messages, 1u);
  EXPECT_EQ(s.sum().bytes, 1024);
}

// The example of the chapter's text, in microseconds.
TEST(Clocks, TwoRanksByHand) {
  Cluster c = flat();
  c.between = {.latency = 3, .overhead = 1, .rendezvous = 0, .bytes_per_second = 1000};
  const Simulated s = simulate(c, 2, [] {
    if (rank() == 0)
      compute(5), send_bytes(4000, 1), compute(4);
    else
      compute(2), receive_bytes(4000, 0), compute(3);
  });
  EXPECT_EQ(s.ranks[0].seconds, 14);
  EXPECT_EQ(s.ranks[1].seconds, 16);
  EXPECT_EQ(s.ranks[1].waiting, 11);
}

TEST(Clocks, AMessageThatIsThereCostsNoWaiting) {
  const Simulated s = simulate(flat(), 2, [] {
    if (rank() == 1)
      send_bytes(8, 0);
    else
      compute(3), receive_bytes(8, 1);
  });
  EXPECT_EQ(s.ranks[0].seconds, 3);
}

// Rank 0 is the first to run, but its message starts later than rank 1's, which has the card alone till then. Then each has half of it.
TEST(Clocks, TheEarliestGoesFirst) {
  for (const bool fifo : {false, true}) {
    Cluster c = nodes_of(2, 1);
    c.fifo_ports = fifo;
    const Simulated s = simulate(c, 4, [] {
      if (rank() == 0) compute(1), send_bytes(1 << 20, 2);
      if (rank() == 1) compute(0.5), send_bytes(1 << 20, 3);
      if (rank() >= 2) receive_bytes(1 << 20, rank() - 2);
    });
    EXPECT_EQ(s.ranks[3].seconds, (fifo ? 1.5 : 2) + alpha);
    EXPECT_EQ(s.ranks[2].seconds, 2.5 + alpha);
  }
}

TEST(Clocks, ALongMessageWaitsForItsReceiver) {
  Cluster c = flat();
  c.eager_bytes = 1000;
  c.between.rendezvous = 1.0 / 256;
  const auto run = [&](size_t bytes) {
    return simulate(c, 2, [&] {
      if (rank() == 0)
        send_bytes(bytes, 1);
      else
        compute(5), receive_bytes(bytes, 0);
    });
  };
  EXPECT_EQ(run(1000).ranks[0].seconds, overhead + 1000 * beta);
  EXPECT_EQ(run(1000).ranks[1].seconds, 5);
  EXPECT_EQ(run(1001).ranks[0].seconds, 5 + 1.0 / 256 + 1001 * beta);  // the overhead is long over
  EXPECT_EQ(run(1001).ranks[1].seconds, 5 + 1.0 / 256 + 1001 * beta + latency);
}

TEST(Clocks, WhatIsBegunGoesOnWhileTheRankComputes) {
  const Simulated s = simulate(flat(), 2, [] {
    std::vector<float> out(1 << 18), in(1 << 18);
    MPI_Request requests[2];
    MPI_Irecv(in.data(), 1 << 18, MPI_FLOAT, 1 - rank(), 0, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out.data(), 1 << 18, MPI_FLOAT, 1 - rank(), 0, MPI_COMM_WORLD, &requests[1]);
    compute(3);  // the message takes one second
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  });
  EXPECT_EQ(s.seconds, 3 + overhead);
}

TEST(Clocks, AskingAgainAndAgainLetsTimePass) {
  const Simulated s = simulate(flat(), 2, [] {
    if (rank() == 1) return compute(1), send_bytes(8, 0);
    char data[8];
    MPI_Request request;
    MPI_Irecv(data, 8, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request);
    for (int done = 0; !done;) MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  });
  EXPECT_NEAR(s.ranks[0].seconds, 1 + alpha + 8 * beta, 1e-6);  // a question costs 1e-7 s
}

// Both of two messages, whose lengths and tags their statuses tell; and one that is told to nobody.
TEST(Messages, AskedForTellTheirStatuses) {
  simulate(flat(), 2, [] {
    if (rank() == 0) {
      for (int tag : {7, 8, 9}) send_bytes(size_t(tag - 4), 1, tag);
      return;
    }
    char data[3][16];
    MPI_Request requests[3];
    MPI_Status statuses[2] = {};
    for (int i = 0; i < 3; ++i) MPI_CHECK(MPI_Irecv(data[i], 16, MPI_CHAR, 0, 7 + i, MPI_COMM_WORLD, &requests[i]));
    for (int done = 0; !done;) MPI_CHECK(MPI_Testall(2, requests, &done, statuses));
    for (int done = 0; !done;) MPI_CHECK(MPI_Test(&requests[2], &done, MPI_STATUS_IGNORE));
    for (int i = 0; i < 2; ++i) {
      int count = 0;
      MPI_CHECK(MPI_Get_count(&statuses[i], MPI_CHAR, &count));
      EXPECT_EQ(statuses[i].MPI_SOURCE, 0);
      EXPECT_EQ(statuses[i].MPI_TAG, 7 + i);
      EXPECT_EQ(count, 3 + i);
      EXPECT_EQ(requests[i], MPI_REQUEST_NULL);
    }
    int done = 0;  // of those that have ended nothing is asked any more
    const double before = virtual_time();
    MPI_CHECK(MPI_Testall(3, requests, &done, MPI_STATUSES_IGNORE));
    EXPECT_TRUE(done && virtual_time() == before);
  });
}

TEST(Clocks, TheSameProgramTakesTheSameTimeAlways) {
  HybridSettings settings{
      .sizes = {20, 30, 30, 10}, .batch = 24, .micro_batches = 4, .allreduce = "mpi", .optimizer = {}};
  const auto run = [&] { return simulate_step(load_cluster("ethernet"), settings, {4, 2, 2}); };
  const StepTime a = run(), b = run();
  EXPECT_GT(a.seconds, 0);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.computing, b.computing);
  EXPECT_EQ(a.messages, b.messages);
}

// ---- Messages carry what they should ----

TEST(Messages, AreMatchedBySenderTagCommunicatorAndOrder) {
  simulate(flat(), 3, [] {
    MPI_Comm other;
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -rank(), &other));  // in reverse order
    if (rank() != 0) {
      for (int i = 0; i < 3; ++i) {
        const int value = 100 * rank() + i, elsewhere = 1000 + value;
        MPI_CHECK(MPI_Send(&value, 1, MPI_INT, 0, i % 2, MPI_COMM_WORLD));
        MPI_CHECK(MPI_Send(&elsewhere, 1, MPI_INT, 2, i % 2, other));
      }
      return;
    }
    const auto get = [](int from, int tag, MPI_Comm comm) {
      int value = -1;
      MPI_Status status;
      MPI_CHECK(MPI_Recv(&value, 1, MPI_INT, from, tag, comm, &status));
      EXPECT_EQ(status.MPI_SOURCE, from);
      EXPECT_EQ(status.MPI_TAG, tag);
      return value;
    };
    EXPECT_EQ(get(2, 1, MPI_COMM_WORLD), 201);
    EXPECT_EQ(get(1, 0, MPI_COMM_WORLD), 100);
    EXPECT_EQ(get(1, 0, MPI_COMM_WORLD), 102);
    EXPECT_EQ(get(0, 0, other), 1200);  // rank 2 of the world is rank 0 there
    EXPECT_EQ(get(1, 1, other), 1101);
  });
}

// Two messages in one call, with tags and lengths of their own: rank 1 takes and answers them one by one.
TEST(Messages, OfASendrecvHaveTheirOwnTags) {
  simulate(flat(), 2, [] {
    int out[3] = {7, 8, 9}, in[2] = {}, count = 0;
    MPI_Status status;
    if (rank() == 0) {
      MPI_CHECK(MPI_Sendrecv(out, 3, MPI_INT, 1, 5, in, 2, MPI_INT, 1, 6, MPI_COMM_WORLD, &status));
      MPI_CHECK(MPI_Get_count(&status, MPI_INT, &count));
      EXPECT_TRUE(in[0] == 70 && in[1] == 80 && count == 2 && status.MPI_TAG == 6 && status.MPI_SOURCE == 1) << in[0] << " " << in[1] << " " << count;
    } else {
      MPI_CHECK(MPI_Recv(out, 3, MPI_INT, 0, 5, MPI_COMM_WORLD, &status));
      in[0] = 10 * out[0], in[1] = 10 * out[1];
      MPI_CHECK(MPI_Send(in, 2, MPI_INT, 0, 6, MPI_COMM_WORLD));
    }
  });
}

// Rank 0 has asked rank 1 for a message before both call a collective, whose messages are not what it has asked for.
TEST(Messages, OfCollectivesMeetNoReceive) {
  simulate(flat(), 2, [] {
    int value = 7 * rank(), all[2] = {};
    MPI_Request request = MPI_REQUEST_NULL;
    if (rank() == 0) MPI_CHECK(MPI_Irecv(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD, &request));
    const int mine = 40 + rank();
    MPI_CHECK(MPI_Allgather(&mine, 1, MPI_INT, all, 1, MPI_INT, MPI_COMM_WORLD));
    if (rank() == 1) MPI_CHECK(MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD));
    MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    EXPECT_TRUE(all[0] == 40 && all[1] == 41 && value == 7) << all[0] << " " << all[1] << " " << value;
  });
}

TEST(Messages, ToNobodyTakeNoTime) {
  const Simulated s = simulate(flat(), 1, [] {
    int value = 7;
    MPI_Status status;
    MPI_CHECK(MPI_Sendrecv(&value, 1, MPI_INT, MPI_PROC_NULL, 0, &value, 1, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD, &status));
    EXPECT_TRUE(value == 7 && status.MPI_SOURCE == MPI_PROC_NULL);
  });
  EXPECT_TRUE(s.seconds == 0 && s.sum().messages == 0);
}

// Short ones at once, long ones when both sides are there: in both cases what was sent, not what is there later.
TEST(Messages, ArriveWhole) {
  for (const double eager : {0.0, 1e18})
    for (const bool receiver_first : {false, true}) {
      Cluster c = flat();
      c.eager_bytes = eager;
      simulate(c, 2, [&] {
        std::vector<float> data(1000);
        MPI_Status status;
        if (rank() == 0) {
          if (receiver_first) compute(1);
          std::iota(data.begin(), data.end(), 1.0f);
          MPI_CHECK(MPI_Send(data.data(), 1000, MPI_FLOAT, 1, 0, MPI_COMM_WORLD));
          data.assign(1000, 0);
        } else {
          if (!receiver_first) compute(1);
          MPI_CHECK(MPI_Recv(data.data(), 1000, MPI_FLOAT, 0, 0, MPI_COMM_WORLD, &status));
          int count = 0;
          MPI_CHECK(MPI_Get_count(&status, MPI_FLOAT, &count));
          EXPECT_EQ(count, 1000);
          for (int i = 0; i < 1000; ++i) ASSERT_EQ(data[size_t(i)], float(i + 1));
        }
      });
    }
}

// ---- Mistakes of programs are explained, and nothing is left behind ----

TEST(Mistakes, RanksThatWaitForEachOther) {
  const std::string text =
      error_of([] { simulate(flat(), 3, [] { receive_bytes(8, (rank() + 1) % 3, 7); }); });
  EXPECT_TRUE(contains(text, "deadlock")) << text;
  EXPECT_TRUE(contains(text, "rank 2 waits for a message from rank 0, tag 7")) << text;
  const std::string many =
      error_of([] { simulate(flat(), 30, [] { receive_bytes(8, (rank() + 1) % 30); }); });
  EXPECT_TRUE(contains(many, "and 26 more")) << many;
}

// Everybody sends first: works as long as messages are short.
TEST(Mistakes, LongMessagesInACircle) {
  Cluster c = flat();
  c.eager_bytes = 1000;
  const auto circle = [&](size_t bytes) {
    return error_of(
        [&] { simulate(c, 2, [&] { send_bytes(bytes, 1 - rank()), receive_bytes(bytes, 1 - rank()); }); });
  };
  EXPECT_EQ(circle(1000), "no error");
  EXPECT_TRUE(contains(circle(1001), "rank 0 waits for the receive of rank 1, tag 0")) << circle(1001);
}

TEST(Mistakes, OneRankMissesACollective) {
  const std::string text = error_of([] {
    simulate(flat(), 3, [] {
      if (rank() < 2) MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    });
  });
  EXPECT_TRUE(contains(text, "rank 0 waits for MPI_Barrier of 'MPI_COMM_WORLD'")) << text;
}

TEST(Mistakes, DifferentCollectives) {
  const std::string text = error_of([] {
    simulate(flat(), 2, [] {
      int x = 0;
      if (rank() == 0)
        MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
      else
        MPI_CHECK(MPI_Bcast(&x, 1, MPI_INT, 0, MPI_COMM_WORLD));
    });
  });
  EXPECT_EQ(text, "rank 1 calls MPI_Bcast on 'MPI_COMM_WORLD', where others call MPI_Barrier");
}

// One rank calls another collective than all others: two messages of different names meet, or somebody waits for ever.
TEST(Mistakes, AnyTwoDifferentCollectivesOnAnyRank) {
  const auto call = [](int which) {
    int x = 0, sum = 0;
    std::vector<int> all(size_t(ranks_of(MPI_COMM_WORLD)));
    if (which == 0) MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    if (which == 1) MPI_CHECK(MPI_Bcast(&x, 1, MPI_INT, 1, MPI_COMM_WORLD));
    if (which == 2) MPI_CHECK(MPI_Allgather(&x, 1, MPI_INT, all.data(), 1, MPI_INT, MPI_COMM_WORLD));
    if (which == 3) MPI_CHECK(MPI_Allreduce(&x, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
  };
  for (const int p : {2, 3, 4, 5, 7})
    for (int odd = 0; odd < p; ++odd)
      for (int one = 0; one < 4; ++one)
        for (int other = 0; other < 4; ++other) {
          const std::string text = error_of([&] { simulate(flat(), p, [&] { call(rank() == odd ? one : other); }); });
          EXPECT_EQ(text == "no error", one == other) << p << " ranks, rank " << odd << ": " << one << " " << other << ": " << text;
        }
}

// What hangs on a communicator goes with it, or before: of each rank its own. Rank 0 does not free its one: then the end does.
TEST(Communicators, ForgetWhatHangsOnThem) {
  static std::vector<int> forgotten, values = {0, 1, 2, 10, 11, 12};
  const auto forget = [](MPI_Comm, int, void* value, void*) { return forgotten.push_back(*static_cast<int*>(value)), MPI_SUCCESS; };
  int first, second;
  MPI_CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &first, nullptr));
  MPI_CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &second, nullptr));
  std::vector<int> before_the_end;
  simulate(flat(), 3, [&] {
    MPI_Comm copy;
    int &mine = values[size_t(rank())], &more = values[size_t(3 + rank())], found;
    void* value = nullptr;
    MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &copy));
    MPI_CHECK(MPI_Comm_set_attr(copy, first, &mine));
    MPI_CHECK(MPI_Comm_set_attr(copy, second, &more));
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    MPI_CHECK(MPI_Comm_get_attr(copy, second, &value, &found));
    EXPECT_TRUE(found && value == &more);
    MPI_CHECK(MPI_Comm_get_attr(MPI_COMM_WORLD, second, &value, &found));
    EXPECT_FALSE(found);
    if (rank() == 2) {
      MPI_CHECK(MPI_Comm_delete_attr(copy, first));
      EXPECT_NE(MPI_Comm_delete_attr(copy, first), MPI_SUCCESS);
    }
    if (rank() > 0) MPI_CHECK(MPI_Comm_free(&copy));
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    if (rank() == 0) before_the_end = forgotten;
  });
  std::ranges::sort(before_the_end);
  EXPECT_EQ(before_the_end, (std::vector{1, 2, 11, 12}));
  std::ranges::sort(forgotten);
  EXPECT_EQ(forgotten, values);
}

TEST(Mistakes, AMessageThatDoesNotFit) {
  const std::string text = error_of([] {
    simulate(flat(), 2, [] {
      if (rank() == 0)
        send_bytes(9, 1, 3);
      else
        receive_bytes(8, 0, 3);
    });
  });
  EXPECT_EQ(text, "rank 1 receives 9 bytes from rank 0, tag 3, into memory of 8");
}

TEST(Mistakes, ARankThatIsNotThere) {
  EXPECT_EQ(error_of([] { simulate(flat(), 2, [] { send_bytes(1, 2); }); }),
            "rank 0: sends to rank 2 of 'MPI_COMM_WORLD', which has 2");
  EXPECT_EQ(error_of([] { simulate(flat(), 2, [] { receive_bytes(1, MPI_ANY_SOURCE); }); }),
            "simulated MPI: receives from any source or with any tag are not simulated");
  EXPECT_EQ(error_of([] { simulate(flat(), 2, [] { send_bytes(1, rank()); }); }), "rank 0 sends to itself, which is not simulated");
  EXPECT_EQ(error_of([] { simulate(flat(), 0, [] {}); }), "simulate: 0 ranks");
  const std::string outside = "simulated MPI: used outside of simulate()";
  EXPECT_EQ(error_of([] { compute(1); }), outside);
  EXPECT_EQ(error_of([] { ranks_of(MPI_COMM_WORLD); }), outside);
  EXPECT_EQ(error_of([] {
              simulate(flat(), 1, [] {
                MPI_Comm comm;
                MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &comm));
                ranks_of(comm + 1);  // the next one that there would be
              });
            }),
            "simulated MPI: no such communicator");
}

TEST(Mistakes, AFailedCallIsNamedWithItsPlace) {
  const std::string here = std::string(__FILE__) + ":" + std::to_string(__LINE__ + 1);
  EXPECT_EQ(error_of([] { simulate(flat(), 1, [] { MPI_CHECK(MPI_Comm_delete_attr(MPI_COMM_WORLD, 0)); }); }),
            here + ": MPI_Comm_delete_attr(MPI_COMM_WORLD, 0): error " + std::to_string(MPI_ERR_OTHER));
}

// The error of one rank ends all of them: objects of the others are destroyed, also of those that wait, and another
// simulation can begin.
TEST(Mistakes, AnErrorOfOneRankEndsAll) {
  int alive = 0, went_on = 0;
  struct Counted {
    int& n;
    explicit Counted(int& count) : n(count) { ++n; }
    ~Counted() { --n; }
  };
  for (int round = 0; round < 3; ++round) {
    const std::string text = error_of([&] {
      simulate(flat(), 5, [&] {
        const Counted counted(alive);
        Pending pending;  // its destructor waits
        float x = 0;
        if (rank() == 1) pending.receive(&x, 1, 0, MPI_COMM_WORLD);
        if (rank() == 2) compute(1), throw Error("rank 2 has had enough");
        if (rank() == 3) return;
        receive_bytes(8, 2);
        receive_bytes(8, 2);  // after the error no call comes back but the one that was waited in
        ++went_on;
      });
    });
    EXPECT_EQ(text, "rank 2 has had enough");
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(went_on, 0);
  }
}

// ---- The timeline ----

TEST(Timeline, ShowsWhatRanksDidAndWhen) {
  const std::string file = testing::TempDir() + "timeline_" + std::to_string(getpid()) + ".json";
  const HybridSettings s{
      .sizes = {20, 30, 30, 10}, .batch = 24, .micro_batches = 4, .allreduce = "mpi", .optimizer = {}};
  simulate_step(load_cluster("ethernet"), s, {2, 2, 1}, {.trace = file});
  std::ifstream in(file);
  std::string line, all;
  while (std::getline(in, line)) all += line + "\n";
  std::filesystem::remove(file);
  for (const char* part : {"\"rank 3 on node 0\"", "\"name\":\"forward 1\",\"cat\":\"compute\"",
                           "\"cat\":\"wait\"", "\"peer\":2"})
    EXPECT_TRUE(contains(all, part)) << part;

  // A message by hand: what is computed is no event, the send takes overhead and wire, the receive waits from its beginning.
  simulate(flat(), 2, [] {
    if (rank() == 0) compute(1), send_bytes(1024, 1);
    else receive_bytes(1024, 0);
  }, file);
  std::ifstream again(file);
  const std::string text{std::istreambuf_iterator<char>(again), {}};
  std::filesystem::remove(file);
  char events[400];
  std::snprintf(events, sizeof events,
                "{\"name\":\"MPI_Send\",\"cat\":\"send\",\"ph\":\"X\",\"pid\":0,\"tid\":0,\"ts\":1000000.000,\"dur\":%.3f,"
                "\"args\":{\"bytes\":1024,\"peer\":1}},\n"
                "{\"name\":\"MPI_Recv\",\"cat\":\"receive\",\"ph\":\"X\",\"pid\":0,\"tid\":1,\"ts\":0.000,\"dur\":%.3f,"
                "\"args\":{\"bytes\":1024,\"peer\":0}},\n",
                1e6 * (overhead + 1024 * beta), 1e6 * (1 + alpha + 1024 * beta));

  const std::string name = R"({"name":"thread_name","ph":"M","pid":0,"tid":)";
  EXPECT_EQ(text, R"({"displayTimeUnit":"ms","traceEvents":[)" "\n" + name + R"(0,"args":{"name":"rank 0 on node 0"}},)" "\n" + name +
                      R"(1,"args":{"name":"rank 1 on node 1"}},)" "\n" + events + R"({"name":"process_name","ph":"M","pid":0,"args":{"name":"simulated ranks"}})" "\n]}\n");

  // Regions have their number, also if it is 0, and none where none is given. They end in the reverse order.
  simulate(flat(), 1, [] {
    compute(2);
    const TraceRegion all("step"), first("forward", 0);
    compute(1);
  }, file);
  std::ifstream third(file);
  const std::string regions{std::istreambuf_iterator<char>(third), {}}, where = R"("pid":0,"tid":0,"ts":2000000.000,"dur":1000000.000,"args":{}},)";
  std::filesystem::remove(file);
  EXPECT_TRUE(contains(regions, "{\"name\":\"forward 0\",\"cat\":\"compute\",\"ph\":\"X\"," + where + "\n{\"name\":\"step\",\"cat\":\"compute\",\"ph\":\"X\"," + where));
  simulate(flat(), 1, [] {
    const TraceRegion at_once("step");
    compute(1);
  }, file);
  std::ifstream fourth(file);
  const std::string at_once{std::istreambuf_iterator<char>(fourth), {}};
  std::filesystem::remove(file);
  EXPECT_TRUE(contains(at_once, R"({"name":"step","cat":"compute","ph":"X","pid":0,"tid":0,"ts":0.000,"dur":1000000.000,"args":{}},)"));
  EXPECT_TRUE(contains(error_of([&] {
                         simulate(
                             flat(), 1, [] {}, "/no/such/folder/x.json");
                       }),
                       "cannot be written"));
  if (!FullDisk::there()) return;
  const FullDisk full;
  EXPECT_EQ(error_of([&] { simulate(flat(), 1, [] {}, full.file()); }), full.file() + ": cannot be written");
}

// What the watchdog makes of the ranks' reports. Beside each run that it must explain stands the nearest one that is right, of which
// it must say nothing.
// ranks: 1
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

#include "common/mpi_guard/diagnose.h"

using namespace guard;

namespace {

using Lines = std::vector<std::string>;

Place place(const char* text) {
  Place made{};
  std::snprintf(made.text, sizeof made.text, "%s", text);
  return made;
}
Want message(int from, int tag = 0, uint64_t communicator = 1) { return {Want::message, from, tag, communicator, Op::recv, {}}; }
Want receiver(int at, int tag = 0, uint64_t communicator = 1) { return {Want::receiver, at, tag, communicator, Op::send, {}}; }
const Want members = {Want::members, MPI_ANY_SOURCE, 0, 1, Op::barrier, {}}, lock = {Want::lock, MPI_ANY_SOURCE, 0, 1, Op::win_lock, {}};

// A report of a rank, made from what it wants.
struct Told : RankReport {
  Told(std::initializer_list<Want> wanted) : RankReport{} {
    for (const Want& want : wanted) wants[want_count++] = want;
  }
  Told& sent(int to, int tag = 0, uint64_t on = 1, const char* where = "") {  // the newest is told first
    sends[send_count++] = {to, tag, on, place(where)};
    return *this;
  }
  // The collectives that it began, the last of which it waits in, on a communicator of so many ranks.
  Told& began(std::initializer_list<ReportedCollective> calls, int ranks, uint64_t on = 1, const char* name = "world") {
    communicator = on;
    std::snprintf(communicator_name, sizeof communicator_name, "%s", name);
    for (int rank = 0; rank < ranks; rank++) members.set(size_t(rank));
    for (const ReportedCollective& call : calls) past[past_count++] = call;
    number = past_count > 0 ? past[past_count - 1].number : 0;
    progress[progress_count++] = {on, number};
    return *this;
  }
  Told& waits_in(uint32_t collective) {
    number = collective;
    return *this;
  }
  Told& any_is_enough() {
    any = true;
    return *this;
  }
};
Told in_finalize() {
  Told told({});
  told.finished = true;
  return told;
}

Diagnosis of(const std::vector<Told>& told) {
  std::vector<RankReport> reports(told.begin(), told.end());
  for (size_t rank = 0; rank < reports.size(); rank++) reports[rank].world_rank = int(rank);
  return diagnose(reports);
}
void expect_silence(const std::vector<Told>& told) {
  const Diagnosis found = of(told);
  EXPECT_FALSE(found.certain);
  EXPECT_EQ(found.lines, Lines{});
}
void expect_lines(const std::vector<Told>& told, const Lines& lines) {
  const Diagnosis found = of(told);
  EXPECT_TRUE(found.certain);
  EXPECT_EQ(found.lines, lines);
}

const char* const each_waits = "deadlock: rank 0 waits for rank 1, rank 1 waits for rank 0";

TEST(Diagnosis, ASendAndItsReceiveFit) {
  expect_silence({{message(1, 5)}, {receiver(0, 5)}});
  expect_silence({{receiver(1, 5)}, {message(0, 5)}});
  expect_silence({{message(1, MPI_ANY_TAG)}, {receiver(0, 5)}});
  expect_silence({{message(MPI_ANY_SOURCE, 5)}, {receiver(0, 5)}});
  
}

TEST(Diagnosis, ASendAndAnotherReceiveDoNot) {
  expect_lines({{message(1, 5)}, {receiver(0, 6)}}, {each_waits});
  expect_lines({{message(1, 5, 1)}, {receiver(0, 5, 2)}}, {each_waits});
  expect_lines({{message(1)}, {message(0)}}, {std::string(each_waits) + ". Each of them receives before it sends"});
  expect_lines({{receiver(1)}, {receiver(0)}},
               {std::string(each_waits) + ". Each of them sends before it receives: let one receive first, or use MPI_Sendrecv"});
  expect_lines({{message(1)}, {receiver(2)}, {message(0)}},
               {"deadlock: rank 0 waits for rank 1, rank 1 waits for rank 2, rank 2 waits for rank 0"});
  expect_lines({{message(0)}}, {"deadlock: rank 0 waits for itself"});
  expect_lines({{message(1), receiver(1)}, {message(0), receiver(0, 7)}}, {each_waits});
}

TEST(Diagnosis, WhoWaitsForAFreeRankIsFree) {
  expect_silence({{message(1)}, {message(2)}, {}});          // what rank 2 wants is not known
  expect_silence({{message(1)}, {message(2)}, {receiver(1)}});
  expect_lines({{message(1)}, {message(2)}, {message(1)}, {message(0)}},
               {"deadlock: rank 1 waits for rank 2, rank 2 waits for rank 1. Each of them receives before it sends"});
  // Two of four may go on: then the others may, too.
  expect_silence({{message(1)}, {message(0)}, {message(3)}, {receiver(2)}});
}

TEST(Diagnosis, OneOfSeveralRequestsOrAll) {
  expect_lines({{message(1), message(2)}, {receiver(0, 9)}, {receiver(1)}}, {each_waits});
  expect_silence({Told{message(1), message(2)}.any_is_enough(), {receiver(0, 9)}, {receiver(0)}});
  expect_lines({Told{message(1), message(2)}.any_is_enough(), {receiver(0, 9)}, {receiver(0, 9)}}, {each_waits});
  expect_silence({{message(1), message(2)}, {receiver(0)}, {receiver(0)}});
}

TEST(Diagnosis, AnySourceNeedsOneSenderOrOneFreeRank) {
  expect_silence({{message(MPI_ANY_SOURCE)}, {message(0)}, {}});
  expect_lines({{message(MPI_ANY_SOURCE)}, {message(0)}, {message(MPI_ANY_SOURCE)}},
               {"deadlock: ranks 0, 2 would take a message from any rank, but no rank can send"});
  expect_lines({{message(MPI_ANY_SOURCE)}}, {"deadlock: rank 0 waits for itself"});
  // A lock may be held by any other rank.
  expect_silence({{lock}, {}});
  expect_lines({{lock}, {message(0)}}, {"deadlock: rank 0 waits for rank 1, rank 1 waits for rank 0"});
  expect_lines({{lock}}, {});
}

TEST(Diagnosis, ARankThatIsNotInTheJobIsNotLookedAt) {
  expect_lines({{message(7)}, {message(0)}}, {});
  expect_lines({{receiver(-4)}, {message(0)}}, {});
  expect_lines({{message(2)}, {receiver(2)}}, {});
}

TEST(Diagnosis, WhoIsAtTheEndSendsNothingMore) {
  const Told end = in_finalize();
  expect_silence({end, end});
  expect_lines({{message(1)}, end}, {"finished: rank 0 waits for rank 1, which is already in MPI_Finalize"});
  expect_lines({end, {receiver(0)}, {message(1)}}, {"finished: rank 1 waits for rank 0, which is already in MPI_Finalize"});
  expect_silence({{}, end});  // it may still come
  expect_silence({{message(1)}, {receiver(0)}, end});
}

TEST(Diagnosis, TheLastSendsTellOfAnotherTagOrCommunicator) {
  const auto waiting_for = [](int tag) { return Told{message(1, tag)}; };
  const std::string first = "mismatch: rank 0 waits for tag 5 from rank 1, whose last send to it was ";
  expect_lines({waiting_for(5), in_finalize().sent(0, 7, 1, "a.cpp:3")},
               {"finished: rank 0 waits for rank 1, which is already in MPI_Finalize", first + "with tag 7 (a.cpp:3)"});
  expect_lines({waiting_for(5), Told{message(0)}.sent(0, 5, 2, "a.cpp:3")},
               {first + "on another communicator (a.cpp:3)", std::string(each_waits) + ". Each of them receives before it sends"});
  // Sent to another rank, or what was waited for, or something newer that fits: no word of it.
  const Lines deadlock = {std::string(each_waits) + ". Each of them receives before it sends"};
  expect_lines({waiting_for(5), Told{message(0)}.sent(2, 7)}, deadlock);
  expect_lines({waiting_for(5), Told{message(0)}.sent(0, 5)}, deadlock);
  expect_lines({waiting_for(5), Told{message(0)}.sent(0, 5).sent(0, 7)}, deadlock);
  expect_lines({waiting_for(MPI_ANY_TAG), Told{message(0)}.sent(0, 7)}, deadlock);
  expect_lines({waiting_for(5), Told{message(0)}.sent(2, 5).sent(0, 7)}, {first + "with tag 7", deadlock[0]});
}

TEST(Diagnosis, AMessageThatSeemsToBeSentIsTheLastToBeBlamed) {
  const Lines third = {"deadlock: rank 0 waits for rank 2, rank 2 waits for rank 0"};
  expect_lines({{message(1), message(2)}, Told{message(2)}.sent(0), Told{receiver(0, 4)}}, third);
  // Where all of them seem to be sent it is the first, whichever rank that is.
  const auto waits_twice = [](int first, int next) { return Told{message(first), message(next)}; };
  expect_lines({Told{message(1)}.sent(1), waits_twice(0, 2), Told{message(1)}.sent(1)}, {each_waits});
  expect_lines({Told{message(1)}.sent(1), waits_twice(2, 0), Told{message(1)}.sent(1)}, {"deadlock: rank 1 waits for rank 2, rank 2 waits for rank 1"});
  // Another communicator, another receiver, another tag: not sent.
  for (const auto& [to, tag, on] : {std::tuple{0, 0, 2}, {2, 0, 1}, {0, 1, 1}}) {
    const Diagnosis found = of({{message(1), message(2)}, Told{message(0)}.sent(to, tag, uint64_t(on)), Told{receiver(0, 4)}});
    ASSERT_FALSE(found.lines.empty());
    EXPECT_EQ(found.lines.back(), each_waits);
  }
}

ReportedCollective call(Op op, uint32_t number, int root = MPI_PROC_NULL, int64_t bytes = 0, const char* where = "") {
  return {op, number, root, bytes, place(where)};
}

TEST(Diagnosis, CollectivesThatAgreeAreUnderWay) {
  const auto in = [](int ranks) { return Told{members}.began({call(Op::bcast, 1, 0, 8), call(Op::allreduce, 2, MPI_PROC_NULL, 4)}, ranks); };
  expect_silence({in(2), in(2)});
  expect_silence({in(3), in(3), {}});  // rank 2 may come
  // Where roots or sizes need not agree, they may differ; an unknown size is no other size.
  expect_silence({Told{members}.began({call(Op::gatherv, 1, 0, 3)}, 2), Told{members}.began({call(Op::gatherv, 1, 0, 5)}, 2)});
  expect_silence({Told{members}.began({call(Op::barrier, 1, 0)}, 2), Told{members}.began({call(Op::barrier, 1, 1)}, 2)});
  expect_silence({Told{members}.began({call(Op::bcast, 1, 0, -1)}, 2), Told{members}.began({call(Op::bcast, 1, 0, 5)}, 2)});
  // A rank that waits in the first and one that is in the second already: the first is over for both.
  expect_silence({Told{members}.began({call(Op::barrier, 1), call(Op::barrier, 2)}, 2).waits_in(1), {}});
}

TEST(Diagnosis, CollectivesThatDiffer) {
  const auto in = [](const ReportedCollective& mine) { return Told{members}.began({call(Op::barrier, 1), mine}, 3); };
  const std::string second = "mismatch: collective number 2 on world ";
  expect_lines({in(call(Op::reduce, 2, 0, 8, "a.cpp:1")), in(call(Op::bcast, 2, 0, 8, "a.cpp:2")), in(call(Op::bcast, 2, 0, 8, "a.cpp:3"))},
               {second + "is not the same call on all ranks. ranks 1, 2: MPI_Bcast (a.cpp:2); rank 0: MPI_Reduce (a.cpp:1)"});
  expect_lines({in(call(Op::bcast, 2, 1, 8)), in(call(Op::bcast, 2, 1, 8)), in(call(Op::bcast, 2, 0, 8))},
               {second + "has different roots. rank 2: MPI_Bcast with root 0; ranks 0, 1: MPI_Bcast with root 1"});
  expect_lines({in(call(Op::bcast, 2, 1, 8)), in(call(Op::bcast, 2, 1, 0)), in(call(Op::bcast, 2, 1, 8))},
               {second + "has different sizes. rank 1: MPI_Bcast of 0 bytes; ranks 0, 2: MPI_Bcast of 8 bytes"});
  // What follows the first difference follows from it.
  const auto two = [](Op first, Op next) { return Told{members}.began({call(first, 4), call(next, 5)}, 2); };
  expect_lines({two(Op::barrier, Op::scan), two(Op::scan, Op::barrier)},
               {"mismatch: collective number 4 on world is not the same call on all ranks. rank 0: MPI_Barrier; rank 1: MPI_Scan"});
  // One that is behind the others hides nothing of what they do differently.
  const Told behind = Told{members}.began({call(Op::barrier, 4)}, 3);
  expect_lines({Told{members}.began({call(Op::barrier, 4), call(Op::scan, 5)}, 3), Told{members}.began({call(Op::barrier, 4), call(Op::bcast, 5, 0)}, 3), behind},
               {"mismatch: collective number 5 on world is not the same call on all ranks. rank 1: MPI_Bcast; rank 0: MPI_Scan"});
  // Nobody need wait for that.
  std::vector<RankReport> reports = {two(Op::barrier, Op::scan), two(Op::barrier, Op::barrier)};
  reports[1].world_rank = 1;
  EXPECT_EQ(collective_mismatches(reports).size(), 1u);
  reports[1] = two(Op::barrier, Op::scan), reports[1].world_rank = 1;
  EXPECT_EQ(collective_mismatches(reports), Lines{});
  reports[1] = Told{members}.began({call(Op::barrier, 4), call(Op::barrier, 5)}, 2, 7), reports[1].world_rank = 1;
  EXPECT_EQ(collective_mismatches(reports), Lines{}) << "on another communicator";
}

TEST(Diagnosis, MembersThatNeverCome) {
  const auto in = [](int ranks) { return Told{members}.began({call(Op::barrier, 1)}, ranks); };
  expect_lines({in(3), in(3), in_finalize()}, {"missing: collective number 1 on world waits for rank 2",
                                               "finished: rank 0 waits for rank 2, which is already in MPI_Finalize",
                                               "finished: rank 1 waits for rank 2, which is already in MPI_Finalize"});
  expect_silence({in(2), in(2), in_finalize()});  // it is no member
  expect_lines({in(4), Told{message(0)}, Told{message(0)}, in(4)},
               {"missing: collective number 1 on world waits for ranks 1, 2", each_waits});
  // A member that has begun it is not missing, wherever it is.
  expect_silence({in(2), Told{message(0)}.began({call(Op::barrier, 1)}, 2).waits_in(0)});
  // Who has no room to tell of all its communicators may have begun it on one that it does not tell of.
  Told full{message(0)};
  for (int other = 0; other < RankReport::max_progress; other++) full.progress[full.progress_count++] = {uint64_t(100 + other), 1};
  expect_silence({in(2), full});
  full.progress_count--;
  expect_lines({in(2), full}, {"missing: collective number 1 on world waits for rank 1", each_waits});
  std::vector<Told> sixteen = {in(17)}, many = {in(18)};
  for (int rank = 1; rank < 17; rank++) sixteen.push_back(Told{message(0)});
  EXPECT_EQ(of(sixteen).lines[0], "missing: collective number 1 on world waits for ranks 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16");
  for (int rank = 1; rank < 18; rank++) many.push_back(Told{message(0)});
  EXPECT_EQ(of(many).lines[0], "missing: collective number 1 on world waits for ranks 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, ...");
}

// ---- What is known of each call, by its name ----

std::string names_of(bool (*has)(Op)) {
  std::string names;
  for (size_t i = 0; i < std::size(op_infos); i++)
    if (has(Op(i))) names += " " + std::string(op_infos[i].name).substr(4);
  return names;
}
template <Kind kind>
bool is(Op op) { return kind_of(op) == kind; }

// MPI wants these arguments to be the same on all ranks; those of other calls may differ.
TEST(Calls, AgreeOnRootsAndSizesWhereMpiWantsIt) {
  EXPECT_EQ(names_of(roots_agree), " Bcast Reduce Gather Gatherv Scatter Scatterv Ibcast Ireduce Igather Iscatter");
  EXPECT_EQ(names_of(bytes_agree), " Bcast Reduce Allreduce Gather Scatter Allgather Alltoall Reduce_scatter Reduce_scatter_block Scan Exscan Ibcast Ireduce Iallreduce "
                                   "Igather Iscatter Iallgather Ialltoall Ireduce_scatter_block");
}

TEST(Calls, WaitForWhatTheirNamesSay) {
  EXPECT_EQ(names_of(is<Kind::send>), " Send Ssend Rsend Isend Issend");
  EXPECT_EQ(names_of(is<Kind::recv>), " Recv Irecv Mrecv Probe Mprobe");
  EXPECT_EQ(names_of(is<Kind::sendrecv>), " Sendrecv Sendrecv_replace");
  EXPECT_EQ(names_of(is<Kind::wait>), " Wait Waitall Waitany Waitsome");
  EXPECT_EQ(names_of(is<Kind::lock>), " Win_lock Win_lock_all Win_unlock Win_unlock_all Win_flush Win_flush_all");
  EXPECT_EQ(names_of(is<Kind::local>) + names_of(is<Kind::finalize>), " Bsend Comm_free Finalize");
  EXPECT_EQ(names_of(is<Kind::collective>),
            " Barrier Bcast Reduce Allreduce Gather Gatherv Scatter Scatterv Allgather Allgatherv Alltoall Alltoallv Reduce_scatter Reduce_scatter_block Scan Exscan "
            "Ibarrier Ibcast Ireduce Iallreduce Igather Iscatter Iallgather Iallgatherv Ialltoall Ireduce_scatter Ireduce_scatter_block Comm_dup Comm_split "
            "Comm_split_type Comm_create Comm_create_group Cart_create Cart_sub Win_create Win_allocate Win_allocate_shared Win_free Win_fence File_open File_close "
            "File_set_size File_preallocate File_set_view File_sync File_read_all File_write_all File_read_at_all File_write_at_all");
}

}  // namespace

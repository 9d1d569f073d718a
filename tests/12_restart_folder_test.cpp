// What chapter 12 claims of a folder of checkpoints: whole or not there, wherever a call fails or the plug is pulled; older ones survive
// a full disk; the program goes on meanwhile. And of the signal that ends a run.
// ranks: 1 2 3 4 5 7 8
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>

#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/gather.h"
#include "chapters/12_restart/stop_signal.h"
#include "chapters/12_restart/write_all.h"
#include "common/timer.h"
#include "tests/checkpoints.h"
#include "tests/hanging_disk.h"

using namespace checkpoints;

static bool locks = true;  // of the file system
extern "C" int flock(int file, int how) noexcept { return locks ? int(syscall(SYS_flock, file, how)) : (errno = ENOLCK, -1); }

// ---- a folder of them ----

namespace {

void save(CheckpointFolder& folder, uint64_t step) {
  CpuDevice device;
  Holding holding(shapes_of(ranks()).back(), rank());
  holding.fill();
  folder.save(header_of_step(step), device, holding.segments(false));
}

long open_files() { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); }

}  // namespace

TEST(Folder, KeepsTheLastOnes) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 2, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(folder.newest_good().file.empty());
  save(folder, 7);
  const auto before = open_files();
  for (uint64_t step : {8, 9, 10, 123456789}) save(folder, step);
  EXPECT_ON_ALL_RANKS(open_files() == before);
  EXPECT_TRUE(scratch.holds({"step_00000010", "step_123456789"}));
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 123456789);
}

TEST(Folder, PassesOverWhatIsDamaged) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  for (uint64_t step : {8, 9, 10}) save(folder, step);
  write_bytes(scratch.file("step_00000010"), "nonsense");
  std::string bad = bytes_of(scratch.file("step_00000009"));
  bad.back() = char(bad.back() ^ 1);
  barrier();
  write_bytes(scratch.file("step_00000009"), bad);
  write_bytes(scratch.file("step_00000011.partial"), "half");
  testing::internal::CaptureStdout();
  const uint64_t step = folder.newest_good().header.step;
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_ON_ALL_RANKS(step == 8);
  const std::string no = ": is not a checkpoint of this program", bad_sum = ": damaged, its numbers do not have the checksum that its header says";
  const std::string ten = scratch.file("step_00000010") + no, nine = scratch.file("step_00000009") + bad_sum;
  EXPECT_ON_ALL_RANKS(said == (rank() == 0 ? "passed over: " + ten + "; " + nine + "\n" : "")) << said;
  write_bytes(scratch.file("step_00000008"), "nonsense");
  const std::string error = error_of([&] { folder.newest_good(); });
  EXPECT_ON_ALL_RANKS(error == "no good checkpoint: " + ten + "; " + nine + "; " + scratch.file("step_00000008") + no) << error;
}

// A run that starts over keeps the old runs' checkpoints, each in its folder; as long as it has none of its own, the newest of
// them is found.
TEST(Folder, AStartOverKeepsTheOldOnes) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  const std::string nothing = folder.start_over();
  EXPECT_ON_ALL_RANKS(nothing.empty());
  for (uint64_t step : {4221, 4690}) save(folder, step);
  EXPECT_ON_ALL_RANKS(folder.has_some());
  const std::string first = folder.start_over();
  EXPECT_ON_ALL_RANKS(first == scratch.file("before_1") && !folder.has_some());
  EXPECT_TRUE(scratch.holds({"before_1"}));
  CheckpointFolder::Found found = folder.newest_good();
  EXPECT_ON_ALL_RANKS(found.file == scratch.file("before_1/step_00004690") && found.header.step == 4690);
  save(folder, 5);
  found = folder.newest_good();
  EXPECT_ON_ALL_RANKS(found.file == scratch.file("step_00000005"));
  const std::string second = folder.start_over();
  EXPECT_ON_ALL_RANKS(second == scratch.file("before_2"));
  found = folder.newest_good();
  EXPECT_ON_ALL_RANKS(found.header.step == 5);
  save(folder, 6);
  EXPECT_TRUE(scratch.holds({"before_1", "before_2", "step_00000006"}));
  EXPECT_ON_ALL_RANKS(fs::exists(first + "/step_00004221") && fs::exists(first + "/step_00004690") &&
                      fs::exists(second + "/step_00000005"));
}

TEST(Folder, IsClosedAgainByARunThatIsRefused) {
  const Scratch scratch;
  const FolderLock other(scratch.path, 0, MPI_COMM_WORLD);
  const long before = open_files();
  const std::string error = error_of([&] { const FolderLock mine(scratch.path, 0, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(!error.empty() && open_files() == before) << error << open_files() - before;
  int locked = 0, inherited = 0;  // by programs that this one starts
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // what this loop has open
    if (fs::read_symlink(entry, gone) != scratch.path) continue;
    ++locked, inherited += !(fcntl(std::atoi(entry.path().filename().c_str()), F_GETFD) & FD_CLOEXEC);
  }
  EXPECT_ON_ALL_RANKS(locked == 1 && inherited == 0) << locked << " " << inherited;
}

// As on some network file systems: nobody knows of another run then, and each goes on.
TEST(Folder, NeedsNoLocks) {
  const Scratch scratch;
  locks = false;
  const std::string error = error_of([&] { const FolderLock mine(scratch.path, 0, MPI_COMM_WORLD), again(scratch.path, 0, MPI_COMM_WORLD); });
  locks = true;
  EXPECT_ON_ALL_RANKS(error.empty()) << error;
}

// What has a similar name is somebody else's. A damaged file of a later step must not push the only good one out.
TEST(Folder, OnlyOlderCheckpointsAreRemoved) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  save(folder, 8);
  const std::vector<std::string> others = {"earlier_step_00000003", "notes", "step_00000011", "step_00000012.partial",
                                           "step_7.mine", "step_99999999999999999999"};
  for (const std::string& name : others) write_bytes(scratch.file(name), "something");
  write_bytes(scratch.file("step_00000007.partial"), "half");
  for (uint64_t step : {9, 10}) save(folder, step);
  std::vector<std::string> expected = others;
  expected.push_back("step_00000010");
  std::ranges::sort(expected);
  EXPECT_TRUE(scratch.holds(expected));
}

// Names are numbers behind a word, read as numbers: 9 is older than 10, and before_10 is newer than before_9.
TEST(Folder, NumbersAreNotSortedAsText) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  save(folder, 7);
  const std::string seven = bytes_of(scratch.file("step_00000007"));
  barrier();
  if (rank() == 0) {
    for (const char* name : {"before_9", "before_10", "before_", "before_1x"}) fs::create_directory(scratch.path / name);
    fs::rename(scratch.path / "step_00000007", scratch.path / "before_10/step_7");
  }
  write_bytes(scratch.file("before_9/step_00000012"), seven);
  EXPECT_ON_ALL_RANKS(folder.newest_good().file == scratch.file("before_10/step_7"));
  for (const char* name : {"step_9", "step_10", "step_", "step_11x", "step_1000000000000000000", "tep_12", "step_13.partial"})
    write_bytes(scratch.file(name), seven);
  EXPECT_ON_ALL_RANKS(folder.newest_good().file == scratch.file("step_10"));
  write_bytes(scratch.file("step_100000000000000000"), seven);  // 18 digits are the most
  EXPECT_ON_ALL_RANKS(folder.newest_good().file == scratch.file("step_100000000000000000"));
  const std::string moved = folder.start_over();
  EXPECT_ON_ALL_RANKS(moved == scratch.file("before_11"));
  EXPECT_TRUE(scratch.holds({"before_", "before_10", "before_11", "before_1x", "before_9", "step_", "step_1000000000000000000",
                             "step_11x", "tep_12"}));
  EXPECT_ON_ALL_RANKS(fs::exists(moved + "/step_13.partial") && fs::exists(moved + "/step_9") && fs::exists(moved + "/step_10"));
}

// An earlier run was killed while it wrote the same step; what it left is longer than the file that comes.
TEST(Folder, AStalePartialFileIsNotWrittenInto) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  write_bytes(scratch.file("step_00000008.partial"), std::string(100'000, 'x'));
  save(folder, 8);
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000008")).size() == file_of_one_rank().size());
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 8);
  EXPECT_TRUE(scratch.holds({"step_00000008"}));
}

// A disk may take fewer bytes than it was given, and a signal may come in between: the rest follows. One that takes none is full.
TEST(Folder, AWriteOfTooFewBytesGoesOn) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 2, MPI_COMM_WORLD);
  disk.write = [](int file, const void* bytes, size_t count, off_t at) {
    static std::atomic<int> calls = 0;
    return ++calls % 3 == 0 ? (errno = EINTR, ssize_t(-1)) : pwrite(file, bytes, (count + 1) / 2, at);
  };
  save(folder, 7);
  disk = {};
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000007")) == file_of_one_rank());
  disk.write = [](int, const void*, size_t, off_t) { return ssize_t(0); };
  const std::string error = error_of([&] { save(folder, 8); });
  disk = {};
  EXPECT_ON_ALL_RANKS(error == scratch.file("step_00000008") + ".partial: cannot be written: No space left on device") << error;
  EXPECT_TRUE(scratch.holds({"step_00000007"}));
}

// The ranks beside rank 0, in the opposite order, which are by themselves: rank 0 does nothing meanwhile.
TEST(Folder, IsThatOfTheRanksOfItsCommunicator) {
  const Scratch scratch;
  MPI_Comm others;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() > 0, -rank(), &others));
  std::string made, found, moved, blocked, nowhere;
  bool well = true;
  if (rank() > 0) {
    const GridShape shape{ranks_of(others), 1, 1};
    Holding holding(shape, rank_of(others)), again(shape, rank_of(others));
    holding.fill();
    CpuDevice device;
    const FolderLock lock(scratch.path, 0, others);
    CheckpointFolder folder(scratch.file("of_others"), 2, others);
    well = !folder.has_some();
    made = folder.save(header_of_step(7), device, holding.segments(false));
    well = well && folder.has_some();
    found = folder.newest_good().file;
    read_checkpoint(found, device, again.segments(true), others);
    well = well && again.as_filled();
    write_all_by_mpi(scratch.file("by_mpi"), holding.segments(false), others);
    blocked = error_of([&] { CheckpointFolder(made + "/b", 1, others); });  // rank 0 of them sees it
    nowhere = error_of([&] { check_checkpoint(scratch.file("nowhere"), others); });
    moved = folder.start_over();
  }
  EXPECT_ON_ALL_RANKS(well);
  if (ranks() > 1) {
    const std::string folder = scratch.file("of_others"), file = folder + "/step_00000007";
    EXPECT_ON_ALL_RANKS(rank() == 0 || (made == file && found == file && moved == folder + "/before_1")) << made << " " << found << " " << moved;
    EXPECT_ON_ALL_RANKS(rank() == 0 || blocked == file + "/b: cannot be made: Not a directory") << blocked;
    EXPECT_ON_ALL_RANKS(rank() == 0 || nowhere == scratch.file("nowhere") + ": cannot be opened: No such file or directory") << nowhere;
    EXPECT_ON_ALL_RANKS(bytes_of(folder + "/before_1/step_00000007") == file_of_one_rank());
    EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("by_mpi")).substr(4096) == file_of_one_rank().substr(4096));
  }
  MPI_CHECK(MPI_Comm_free(&others));
}

// ---- while the program goes on ----

// The state of the moment in which it began is written, whatever happens to it then. Until the disk of the last rank is well, nobody
// hears of an end, and nobody waits.
TEST(Folder, ACheckpointIsWrittenWhileTheProgramGoesOn) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  CpuDevice device;
  Holding holding({ranks(), 1, 1}, rank());
  holding.fill();
  if (rank() == ranks() - 1) hangs = true, disk.flush = hanging_flush;
  folder.begin_save(header_of_step(7), device, holding.segments(false));
  for (std::vector<float>& vector : holding.memory) std::ranges::fill(vector, 0.0f);
  std::vector<std::string> ended;
  const auto note = [&](const std::string& problem) { ended.push_back(problem); };
  const bool too_early = folder.wait(0, note);
  EXPECT_ON_ALL_RANKS(!too_early && folder.saving() && ended.empty() && !fs::exists(scratch.file("step_00000007")));
  barrier();
  hangs = false;
  const bool in_the_end = folder.wait(INFINITY, note);
  disk = {};
  EXPECT_ON_ALL_RANKS(in_the_end && !folder.saving() && ended == std::vector<std::string>{""});
  EXPECT_ON_ALL_RANKS(!folder.poll() && folder.wait(0, note) && ended.size() == 1);
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000007")) == file_of_one_rank());
}

// A folder that goes, of a program that has met an error, say, does not leave a checkpoint half written.
TEST(Folder, ItsEndWaitsForWhatIsOnItsWay) {
  const Scratch scratch;
  CpuDevice device;
  Holding holding({ranks(), 1, 1}, rank());
  holding.fill();
  {
    CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
    folder.begin_save(header_of_step(7), device, holding.segments(false));
  }
  EXPECT_TRUE(scratch.holds({"step_00000007"}));
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000007")) == file_of_one_rank());
}

// What cannot be written at all is said before anything of it is.
TEST(Folder, AHeaderThatIsTooLongIsNotBegun) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  CpuDevice device;
  Holding holding({ranks(), 1, 1}, rank());
  holding.fill();
  CheckpointHeader header = header_of_step(7);
  header.options.emplace_back("note", std::string(4096, 'x'));
  const std::string error = error_of([&] { folder.begin_save(header, device, holding.segments(false)); });
  EXPECT_ON_ALL_RANKS(error.starts_with("checkpoint: a header of ") && error.ends_with(" bytes, 4096 is the most")) << error;
  EXPECT_ON_ALL_RANKS(!folder.saving());
  EXPECT_TRUE(scratch.holds({}));
}

// ---- failures, each at its place ----

namespace {

// A disk at its worst. What is written reaches it when its file is flushed, and not before; a new name reaches it at once, or when
// its folder is flushed. One call of one rank fails; if the plug is pulled there, nothing that any rank does from then on has an effect.
struct WorstDisk {
  std::string plug = {};  // a file that is there when the plug is pulled, so that all ranks see it; no name: it is not pulled
  bool names_at_once = true;
  size_t failing = 0;      // which call of this rank, counted from 1
  std::string calls = {};  // of this rank, a letter each: write, flush, close, t for cut, rename, Flush of the folder, x for remove
  std::vector<std::pair<off_t, std::string>> unflushed = {};
  std::vector<std::pair<std::string, std::string>> unnamed = {};

  bool fails(char call) {
    calls += call;
    errno = EIO;
    if (calls.size() != failing) return !plug.empty() && fs::exists(plug);
    if (!plug.empty()) std::ofstream(plug) << "pulled";
    return true;
  }
};
WorstDisk worst;

ssize_t write_late(int, const void* bytes, size_t count, off_t place) {
  if (worst.fails('w')) return -1;
  worst.unflushed.emplace_back(place, std::string(static_cast<const char*>(bytes), count));
  return ssize_t(count);
}
int flush_now(int file) {
  if (worst.fails('f')) return -1;
  for (const auto& [place, bytes] : std::exchange(worst.unflushed, {}))
    if (pwrite(file, bytes.data(), bytes.size(), place) != ssize_t(bytes.size())) return -1;
  return 0;
}
int cut_now(int file, off_t length) { return worst.fails('t') ? -1 : ftruncate(file, length); }
int close_now(int file) {
  const bool fails = worst.fails('c');
  return close(file) != 0 || fails ? (errno = EIO, -1) : 0;
}
int rename_now_or_late(const char* from, const char* to) {
  if (worst.fails('r')) return -1;
  if (worst.names_at_once) return std::rename(from, to);
  worst.unnamed.emplace_back(from, to);
  return 0;
}
int flush_folder_now(int) {
  if (worst.fails('F')) return -1;
  for (const auto& [from, to] : std::exchange(worst.unnamed, {})) std::rename(from.c_str(), to.c_str());
  return 0;
}
int remove_now(const char* file) { return worst.fails('x') ? -1 : std::remove(file); }

// What `work` says where call `place` of rank `victim` fails (0: none does). Afterwards the plug is in again.
std::string on_the_worst_disk(int victim, size_t place, const WorstDisk& how, auto work) {
  worst = how;
  if (rank() == victim) worst.failing = place;
  disk = {write_late, flush_now, cut_now, close_now, pread, rename_now_or_late, flush_folder_now, remove_now};
  const std::string error = error_of(work);
  disk = {};
  barrier();
  if (rank() == 0) std::remove(worst.plug.c_str());
  barrier();
  return error;
}

// The newest good one; none may have been passed over.
uint64_t newest_step(const CheckpointFolder& folder) {
  testing::internal::CaptureStdout();
  const CheckpointFolder::Found found = folder.newest_good();
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_ON_ALL_RANKS(said.empty()) << said;
  return found.header.step;
}

// The calls of rank 0 that save step 9 and remove step 8, and those of the others. The 777 numbers are one page, the last rank's block.
std::string calls_of_a_save() {
  const std::string block = rank() == ranks() - 1 ? "wfc" : "fc";
  return rank() == 0 ? block + "twfcrFx" : block;
}

}  // namespace

// Pulled at any call, with names that are early or late: the older checkpoint is good, or the new one is. And a call that fails
// alone costs the new checkpoint at most.
TEST(Folder, AtAnyPlaceACallMayFailOrThePlugBePulled) {
  const Scratch scratch;
  const std::string eight = scratch.file("step_00000008"), nine = scratch.file("step_00000009"), plug = scratch.file("plug");
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  CpuDevice device;
  Holding holding({ranks(), 1, 1}, rank());
  holding.fill();
  const auto save_nine = [&] { folder.save(header_of_step(9), device, holding.segments(false)); };
  save(folder, 8);
  const std::string bytes_of_eight = bytes_of(eight);
  save_nine();
  const std::string bytes_of_nine = bytes_of(nine);
  barrier();

  const std::string calls = calls_of_a_save();
  const WorstDisk early{.plug = plug}, late{.plug = plug, .names_at_once = false}, once{.plug = "", .names_at_once = false};
  for (const WorstDisk& how : ranks() == 1 ? std::vector{early, late, once} : std::vector{ranks() == 2 ? early : once})
    for (int victim = ranks() > 3 ? ranks() - 1 : 0; victim < ranks(); victim += std::max(1, ranks() - 1)) {
      size_t places = calls.size();
      MPI_CHECK(MPI_Bcast(&places, 1, MPI_UINT64_T, victim, MPI_COMM_WORLD));
      for (size_t place = 0; place <= places; ++place) {
        std::string sequence = calls;
        sequence.resize(places, ' ');
        MPI_CHECK(MPI_Bcast(sequence.data(), int(places), MPI_CHAR, victim, MPI_COMM_WORLD));
        const char call = place > 0 ? sequence[place - 1] : ' ';
        if (rank() == 0) fs::remove(nine);
        write_bytes(eight, bytes_of_eight);

        const std::string error = on_the_worst_disk(victim, place, how, save_nine);
        const std::string where = "call " + std::to_string(place) + ", " + call + ", of rank " + std::to_string(victim) +
                                  (how.plug.empty() ? ", once" : how.names_at_once ? ", early" : ", late");
        const bool pulled = !how.plug.empty(), last = place == places;
        std::string problem;  // where it fails; where the plug is pulled, maybe of another rank, which met it a moment later
        if (call == 'w') problem = nine + ".partial: cannot be written: ";
        if (call == 'f') problem = nine + ".partial: cannot be flushed: ";
        if (call == 'c') problem = nine + ".partial: cannot be closed: ";
        if (call == 't') problem = nine + ".partial: cannot be cut: ";
        if (call == 'r') problem = nine + ": cannot be renamed: Input/output error";
        if (pulled && place > 0 && victim > 0) problem = nine + ".partial: cannot be ";
        EXPECT_ON_ALL_RANKS(error.starts_with(problem) && error.empty() == problem.empty()) << where << ": " << error;
        const bool named = problem.empty() && (call != 'F' || how.names_at_once);
        const bool both = named && place > 0 && (last || call == 'F');
        EXPECT_ON_ALL_RANKS(newest_step(folder) == (named ? 9 : 8)) << where;
        EXPECT_ON_ALL_RANKS(!named || bytes_of(nine) == bytes_of_nine) << where;
        EXPECT_ON_ALL_RANKS(fs::exists(eight) == (!named || both)) << where;
        EXPECT_ON_ALL_RANKS(pulled || call == 'F' || !fs::exists(nine + ".partial")) << where;
        EXPECT_ON_ALL_RANKS(place > 0 || worst.calls == calls) << worst.calls << ", expected " << calls;
        barrier();
        if (rank() == 0) std::remove((nine + ".partial").c_str());
      }
    }
}

// Files are moved one by one, the newest last: wherever that ends, the newest is found, and no file is lost.
TEST(Folder, AStartOverMayEndAtAnyPlace) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  for (uint64_t step : {8, 9, 10}) save(folder, step);
  write_bytes(scratch.file("step_00000011.partial"), "half");
  for (size_t place = 4; place > 0; --place) {
    const std::string error = on_the_worst_disk(0, place, {.plug = scratch.file("plug")}, [&] { folder.start_over(); });
    EXPECT_ON_ALL_RANKS(error.find(": the older checkpoints cannot be moved there: Input/output error") != std::string::npos) << error;
    EXPECT_ON_ALL_RANKS(newest_step(folder) == 10) << "call " << place;
    barrier();
    if (rank() == 0)
      for (const auto& entry : fs::recursive_directory_iterator(scratch.path))
        if (entry.is_regular_file()) fs::rename(entry.path(), scratch.path / entry.path().filename());
    barrier();
    for (const char* name : {"step_00000008", "step_00000009", "step_00000010", "step_00000011.partial"})
      EXPECT_ON_ALL_RANKS(fs::exists(scratch.file(name))) << name << ", call " << place;
    barrier();
  }
}

// Files may not grow beyond a limit, as on a full disk: on one rank, then on all.
TEST(Folder, AFullDiskLeavesTheOlderOneGood) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  save(folder, 8);
  const StopSignal stop;  // so that a file that is too large is an error, not the end
  for (int first_limited : {ranks() - 1, 0}) {
    struct rlimit before, low;
    getrlimit(RLIMIT_FSIZE, &before);
    low = before;
    low.rlim_cur = 4096 + 100;
    if (rank() >= first_limited) setrlimit(RLIMIT_FSIZE, &low);
    const std::string error = error_of([&] { save(folder, 9); });
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_ON_ALL_RANKS(error == scratch.file("step_00000009") + ".partial: cannot be written: File too large") << error;
    EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 8);
    EXPECT_TRUE(scratch.holds({"step_00000008"}));
  }
  save(folder, 10);
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 10);
}

// ---- the rest ----

TEST(StopSignal, IsNotedAndForgotten) {
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGUSR1, SIG_IGN);
  {
    const StopSignal stop;
    EXPECT_EQ(stop.received(), 0);
    raise(SIGUSR1);
    EXPECT_EQ(stop.received(), SIGUSR1);
    raise(SIGTERM);
    EXPECT_EQ(stop.received(), SIGTERM);
    struct sigaction now;
    for (int signal : {SIGTERM, SIGUSR1}) {
      sigaction(signal, nullptr, &now);
      EXPECT_TRUE(now.sa_flags & SA_RESTART);
    }
    sigaction(SIGXFSZ, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
  }
  {
    const StopSignal stop;
    EXPECT_EQ(stop.received(), 0);
  }
  for (int signal : {SIGTERM, SIGUSR1, SIGXFSZ}) {
    struct sigaction after;
    sigaction(signal, nullptr, &after);
    EXPECT_EQ(after.sa_handler, signal == SIGXFSZ ? SIG_DFL : SIG_IGN);
  }
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGUSR1, SIG_DFL);
  EXPECT_STREQ(name_of_signal(SIGTERM), "SIGTERM");
  EXPECT_STREQ(name_of_signal(SIGUSR1), "SIGUSR1");
}

// Twice within a second is once; a second signal later than that ends the process by that signal.
TEST(StopSignal, ThatComesAgainEndsAtOnce) {
  static double moment;
  const auto usual = clock_seconds;
  clock_seconds = [] { return moment; };
  const auto ending = [&](double later, int second) {
    const pid_t child = fork();
    if (child == 0) {
      const StopSignal stop;
      moment = 100;
      raise(SIGTERM);
      moment += later;
      raise(second);
      _exit(stop.received() == second ? 7 : 8);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  };
  const int at_once = ending(1, SIGUSR1), later = ending(1.5, SIGTERM), another = ending(1.5, SIGUSR1);
  clock_seconds = usual;
  EXPECT_TRUE(WIFEXITED(at_once) && WEXITSTATUS(at_once) == 7) << at_once;
  EXPECT_TRUE(WIFSIGNALED(later) && WTERMSIG(later) == SIGTERM) << later;
  EXPECT_TRUE(WIFSIGNALED(another) && WTERMSIG(another) == SIGUSR1) << another;
}

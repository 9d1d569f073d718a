// Memory that several processes share (cudaIpc*): two accesses that nothing orders.
//
// An event orders what its process did before it and what another one does behind its wait, and carries on what that process knew by other
// events. Hosts order, too, by messages, which the checker does not see. But it knows when each operation was asked for: no message puts
// it behind an access that took place later. So two accesses that no event orders race if the second was asked for before the first took
// place; and streams run late. A process counts as one sequence. Times are those of the machine.
#include <algorithm>
#include <atomic>
#include <unistd.h>

#include "common/cuda_on_cpu/check/shadow.h"

namespace cuda_on_cpu {

namespace {

struct Stamp {
  uint64_t time;  // 0: nobody
  int process, line;
  uint32_t file;  // the name of where it was asked for lies so far behind the beginning of the program, which all these processes run
};

struct Stamps {
  std::atomic<int> in_use;
  Stamp of[1][4];  // of each word: the last write, three reads since
};
static_assert(sizeof(Stamps::of) / 4 < with_stamps - 1);

}  // namespace

void check_processes(const Allocation* a, Access access, const void* begin, size_t bytes) {
  if (!a || !a->file_mapping) return;
  auto& stamps = *reinterpret_cast<Stamps*>(static_cast<char*>(a->file_mapping) + a->pages_bytes);
  while (stamps.in_use.exchange(1)) usleep(1);
  const Stamp mine{nanoseconds_now(), getpid(), operation_source.line, where_of(operation_source.file)};
  const bool writes = access != Access::read;
  const size_t first = size_t(static_cast<const char*>(begin) - a->pages);
  for (size_t word = first / 4; 4 * word < first + bytes; ++word) {
    Stamp* const seen = stamps.of[word];
    for (const Stamp* other = seen; other < seen + (writes ? 4 : 1); ++other)
      if (other->process != mine.process && other->time > operation_asked_for && other->time > known_until(other->process) &&
          worth_reporting(3, uint32_t(mine.line), uint32_t(other->line)))
        finding("race between processes on %s\n  %s by this process, asked for at %s\n  %s by process %d, asked for at %s\n"
                "  no event orders them: a cudaStreamWaitEvent is missing, or waits for another record",
                describe(a->pages + std::max(4 * word, first)).c_str(), writes ? "write" : "read", text(operation_source).c_str(),
                other == seen ? "write" : "read", other->process,
                text({operation_source.file - mine.file + other->file, other->line}).c_str());
    const auto age = [&](const Stamp& s) { return s.process == mine.process ? 0 : s.time; };
    if (writes) std::fill_n(seen, 4, Stamp{});
    (writes ? *seen : *std::ranges::min_element(seen + 1, seen + 4, {}, age)) = mine;
  }
  stamps.in_use = 0;
}

}  // namespace cuda_on_cpu

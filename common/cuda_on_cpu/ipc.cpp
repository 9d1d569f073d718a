// What processes share: cudaIpc*, device memory and events. It lies in memory files, which have no name (others reach them as
// /proc/PID/fd/N): a process that is killed leaves nothing behind. Each process has a board with a slot for each allocation and event
// that it exports. Streams run as late as they may, those of other processes, too: who waits for an event asks on its owner's board and
// rings there, and a thread of the owner runs the stream up to that event. So a wait that is missing between two processes shows.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include "common/cuda_on_cpu/stream.h"

namespace cuda_on_cpu {
namespace {

struct Board {
  sem_t bell;
  Slot slots[1 << 16];  // none is used twice; what is never written takes no memory
};

struct Handle {
  int magic, process, board, slot, file;  // the owner, and how it calls the files; no file: an event
  size_t bytes;
};
constexpr int magic = 0x6970632e;

auto& boards = *new std::map<int, Board*>;  // by process; like the next one never destroyed: used at exit
auto& exported = *new std::vector<CUevent_st*>;

auto& known = *new std::vector<std::pair<int, uint64_t>>;  // none goes away: whoever reads those of a slot meanwhile finds all

int memory_file(size_t bytes) {
  const int file = memfd_create("cuda_on_cpu", MFD_CLOEXEC);
  return file >= 0 && ftruncate(file, static_cast<off_t>(bytes)) == 0 ? file : -1;
}

void* map_file(int process, int number, size_t bytes, void* where) {
  const int file = open(format("/proc/%d/fd/%d", process, number).c_str(), O_RDWR | O_CLOEXEC);
  void* memory = mmap(where, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (where ? MAP_FIXED : 0), file, 0);
  if (file >= 0) close(file);
  return memory == MAP_FAILED ? nullptr : memory;
}

// What others wait for, as far as it does not wait for them. One may make another possible.
void run_what_is_wanted() {
  Lock lock;
  for (bool again = true; std::exchange(again, false) && sticky_error() == cudaSuccess;)
    for (CUevent_st* event : exported)
      for (auto& [number, record] : event->records) again = (number <= event->slot->wanted && run_until(*record)) || again;
}

cudaError_t write_handle(void* to, Slot*& slot, int file, size_t bytes, const char* call, SourceLine source) {
  static const int board_file = memory_file(sizeof(Board));
  static int used = 0;
  Board*& board = boards[getpid()];
  if (!board && (board = static_cast<Board*>(map_file(getpid(), board_file, sizeof(Board), nullptr)))) {
    sem_init(&board->bell, 1, 0);
    std::thread([bell = &board->bell] { for (;; sem_wait(bell)) run_what_is_wanted(); }).detach();
  }
  if (!board || (!slot && used == int(std::size(board->slots)))) return refuse(cudaErrorMemoryAllocation, source, "%s: no room", call);
  if (!slot) slot = &board->slots[used++];
  const Handle handle{magic, getpid(), board_file, int(slot - board->slots), file, bytes};
  std::memcpy(to, &handle, sizeof handle);
  return cudaSuccess;
}

cudaError_t read_handle(Handle& handle, Slot*& slot, const void* from, bool memory, const char* call, SourceLine source) {
  std::memcpy(&handle, from, sizeof handle);
  if (handle.magic != magic || memory != (handle.file >= 0)) return refuse(cudaErrorInvalidResourceHandle, source, "%s: no handle", call);
  if (handle.process == getpid()) return refuse(cudaErrorDeviceUninitialized, source, "%s: a handle of this process itself", call);
  Board*& board = boards[handle.process];
  if (!board) board = static_cast<Board*>(map_file(handle.process, handle.board, sizeof(Board), nullptr));
  slot = board ? &board->slots[handle.slot] : nullptr;
  if (slot && !slot->gone) return cudaSuccess;
  return refuse(cudaErrorInvalidValue, source, "%s: process %d %s", call, handle.process, slot ? "has freed it" : "is gone");
}

}  // namespace

void forget_shared(Allocation& a) {
  if (a.file_mapping) munmap(std::exchange(a.file_mapping, nullptr), a.pages_bytes * with_stamps);
  if (!a.slot) return;
  if (a.owner == Owner::other_process) return static_cast<void>(--a.slot->open);
  if (a.slot->open > 0)
    finding("%s: %zu bytes allocated at %s are freed while another process has them open (cudaIpcOpenMemHandle)",
            text(a.freed_source).c_str(), a.bytes, text(a.source).c_str());
  a.slot->gone = true;
  close(a.file);
}

void forget_shared(CUevent_st& event, SourceLine source) {
  std::erase(exported, &event);
  if (!event.slot) return;
  if (event.owner) --event.slot->open;
  else if (event.slot->gone = true; event.slot->open > 0)
    finding("%s: an event is destroyed while another process has it open", text(source).c_str());
}

uint64_t& known_until(int process) {
  for (auto& [known_process, until] : known)
    if (known_process == process) return until;
  return known.emplace_back(process, 0).second;
}

void happen(Slot& slot, uint64_t number) {
  known_until(getpid()) = nanoseconds_now();
  std::copy_n(known.begin(), std::min(known.size(), std::size(slot.known)), slot.known);
  slot.done = number;
}

bool has_happened(Slot& slot, uint64_t number, int owner) {
  if (slot.done >= number) return true;
  if (slot.wanted < number) slot.wanted = number;
  sem_post(&boards[owner]->bell);
  run_what_is_wanted();  // the owner may need what this process does
  return slot.done >= number;
}

void wait_for_process(Slot& slot, uint64_t number, int owner) {
  for (; sticky_error() == cudaSuccess && !has_happened(slot, number, owner); usleep(50)) {
    if (kill(owner, 0) == 0) continue;
    finding("process %d has ended, and this one waits for its event", owner);
    set_sticky_error(cudaErrorLaunchFailure);
  }
  for (const auto& [process, until] : slot.known) known_until(process) = std::max(known_until(process), until);
}

}  // namespace cuda_on_cpu
using namespace cuda_on_cpu;

cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* pointer, SourceLine source) {
  BEGIN_CALL
  Allocation* a = allocation_near(pointer);
  if (!a || a->begin != pointer || a->owner != Owner::device || a->freed)
    return refuse(cudaErrorInvalidValue, source, "cudaIpcGetMemHandle: not a pointer from cudaMalloc: %s", describe(pointer).c_str());
  if (!a->slot) {  // from now on these pages are those of a file
    a->file = memory_file(a->pages_bytes * with_stamps);
    void* copy = map_file(getpid(), a->file, a->pages_bytes, nullptr);
    if (copy) std::memcpy(copy, a->pages, a->pages_bytes);
    if (!copy || !map_file(getpid(), a->file, a->pages_bytes, a->pages))
      return refuse(cudaErrorMemoryAllocation, source, "cudaIpcGetMemHandle: no memory file");
    munmap(copy, a->pages_bytes);
    if (observer) observer->host_wrote(a->begin, a->bytes);  // or another process: the checker cannot know
    if (observer) a->file_mapping = map_file(getpid(), a->file, a->pages_bytes * with_stamps, nullptr);
  }
  return write_handle(handle, a->slot, a->file, a->bytes, "cudaIpcGetMemHandle", source);
}

// A second time CUDA returns the first pointer; here each has its own.
cudaError_t cudaIpcOpenMemHandle(void** pointer, cudaIpcMemHandle_t handle, unsigned flags, SourceLine source) {
  BEGIN_CALL
  const char* call = "cudaIpcOpenMemHandle";
  if (flags != cudaIpcMemLazyEnablePeerAccess) return refuse(cudaErrorInvalidValue, source, "%s: flags %u", call, flags);
  Handle h;
  Slot* slot = nullptr;
  if (cudaError_t error = read_handle(h, slot, &handle, true, call, source); error != cudaSuccess) return error;
  Allocation* a = allocate(h.bytes, Owner::other_process, source);
  if (!a || !map_file(h.process, h.file, a->pages_bytes, a->pages))
    return refuse(cudaErrorMapBufferObjectFailed, source, "%s: %zu bytes of process %d", call, h.bytes, h.process);
  if (observer) observer->host_wrote(a->begin, a->bytes);
  if (observer) a->file_mapping = map_file(h.process, h.file, a->pages_bytes * with_stamps, nullptr);
  ++(a->slot = slot)->open;
  *pointer = a->begin;
  return cudaSuccess;
}

cudaError_t cudaIpcCloseMemHandle(void* pointer, SourceLine source) {
  BEGIN_CALL
  Allocation* a = allocation_near(pointer);
  if (!a || a->begin != pointer || a->owner != Owner::other_process || a->freed)
    return refuse(cudaErrorInvalidValue, source, "cudaIpcCloseMemHandle: not open: %s", describe(pointer).c_str());
  if (cudaError_t error = drain_all(); error != cudaSuccess) return error;
  release(*a, source);
  return cudaSuccess;
}

cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t* handle, cudaEvent_t event, SourceLine source) {
  BEGIN_CALL
  if (!valid_event(event) || !event->interprocess || event->owner)
    return refuse(cudaErrorInvalidResourceHandle, source, "cudaIpcGetEventHandle: needs cudaEventInterprocess | cudaEventDisableTiming");
  if (!event->slot) exported.push_back(event), static_cast<void>(event->last && run_until(*event->last));  // its records have numbers from now on
  return write_handle(handle, event->slot, -1, 0, "cudaIpcGetEventHandle", source);
}

cudaError_t cudaIpcOpenEventHandle(cudaEvent_t* event, cudaIpcEventHandle_t handle, SourceLine source) {
  BEGIN_CALL
  Handle h;
  Slot* slot = nullptr;
  cudaError_t error = read_handle(h, slot, &handle, false, "cudaIpcOpenEventHandle", source);
  if (error == cudaSuccess) error = cudaEventCreateWithFlags(event, cudaEventDisableTiming, source);
  if (error != cudaSuccess) return error;
  (*event)->owner = h.process;
  ++((*event)->slot = slot)->open;
  return cudaSuccess;
}

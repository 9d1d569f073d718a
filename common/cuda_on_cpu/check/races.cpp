// Which accesses are ordered, and what is wrong with those that are not.
//
// Blocks of a kernel are never ordered, except through atomics after a __threadfence. Threads of a block are ordered by
// __syncthreads, lanes of a warp also by __syncwarp among the lanes that take part. Shuffles and votes order nothing.
// Time is an epoch that grows at every kernel, block and barrier: two accesses of one block in different epochs are
// ordered. Inside an epoch each lane counts its __syncwarps, and a vector clock per lane says how far it knows others.
#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>
#include <unordered_map>

#include "common/cuda_on_cpu/check/shadow.h"

// For the judges of exercises: what kernels did. Atomic operations on global memory; accesses of shared memory; reads of global memory,
// and those of them that began where the last one had ended; writes, likewise.
extern "C" {
unsigned long cuda_on_cpu_accesses[6];
}

namespace cuda_on_cpu {

namespace {

uint32_t epoch = 1, kernel_epoch = 1, block_epoch = 1;
const char *call_begin = nullptr, *call_end = nullptr;

struct BlockStart {
  uint32_t epoch;
  uint3 index;
};
std::vector<BlockStart> block_starts;  // of this kernel

// ---- lanes

struct WarpClocks {
  uint32_t epoch = 0;  // in another epoch nobody knows anything, and everybody's own clock is 1
  uint16_t knows[32][32];
};
WarpClocks warp_clocks[32];

uint16_t clock_of(unsigned thread) {
  const WarpClocks& warp = warp_clocks[thread / 32];
  return warp.epoch == epoch ? warp.knows[thread % 32][thread % 32] : 1;
}

bool lane_knows(unsigned thread, const Slot& slot) {
  const WarpClocks& warp = warp_clocks[thread / 32];
  return slot.thread / 32 == thread / 32 && warp.epoch == epoch && warp.knows[thread % 32][slot.thread % 32] >= slot.clock;
}

// ---- atomics after a fence: what a thread did before is known to whoever sees the atomic

struct Release {
  uint32_t block, epoch;
  unsigned thread;
  bool covers(const Slot& slot) const {
    return slot.epoch >= block && (slot.epoch < epoch || (slot.epoch == epoch && slot.thread == thread));
  }
};
std::unordered_map<const char*, std::vector<Release>> releases;

struct Acquire {  // by a thread of this block: the first `count` releases at an address
  const char* address;
  size_t count;
  unsigned thread;
  uint32_t epoch;
};
std::vector<Acquire> acquires;
bool fenced[most_fibers];

void order_by_atomic(const char* address, unsigned thread) {
  if (releases.empty() && !fenced[thread]) return;
  std::vector<Release>& here = releases[address];
  if (!here.empty()) acquires.push_back({address, here.size(), thread, epoch});
  if (fenced[thread]) here.push_back({block_epoch, epoch, thread});
}

bool acquired(const Slot& slot, unsigned thread) {
  for (const Acquire& acquire : acquires) {
    if (acquire.thread != thread && acquire.epoch == epoch) continue;
    const std::vector<Release>& here = releases[acquire.address];
    for (size_t i = 0; i < acquire.count; ++i)
      if (here[i].covers(slot)) return true;
  }
  return false;
}

bool ordered_before(const Slot& slot, unsigned thread) {
  if (slot.epoch < kernel_epoch) return true;
  if (slot.epoch >= block_epoch && (slot.epoch < epoch || slot.thread == thread || lane_knows(thread, slot))) return true;
  return acquired(slot, thread);
}

// ---- reports, each pair of lines once

constexpr size_t most_reports = 20;
std::set<std::tuple<int, uint32_t, uint32_t>> reported;

uint3 thread_index(unsigned number) {
  dim3 block = running.block_dim;
  return {number % block.x, number / block.x % block.y, number / block.x / block.y};
}

uint3 block_of(const Slot& slot) {
  uint3 index{};
  for (const BlockStart& start : block_starts)
    if (start.epoch <= slot.epoch) index = start.index;
  return index;
}

const char* name_of(Access access) { return access == Access::read ? "read" : access == Access::write ? "write" : "atomic"; }

void report_race(Access access, uint32_t where, const Slot& other, bool other_wrote, const std::string& memory) {
  if (!worth_reporting(0, where, other.where)) return;
  bool same_block = other.epoch >= block_epoch;
  bool same_warp = same_block && other.thread / 32 == running.thread.number / 32;
  finding("data race on %s\n  %s at %s by block %s, thread %s\n  %s at %s by block %s, thread %s\n  %s\n  in kernel %s (launched at %s)",
          memory.c_str(), name_of(access), text(line_of(where)).c_str(), text(running.block_index).c_str(),
          text(running.thread.index).c_str(), other.atomic ? "atomic" : other_wrote ? "write" : "read",
          text(line_of(other.where)).c_str(), text(block_of(other)).c_str(), text(thread_index(other.thread)).c_str(),
          same_warp    ? "no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep"
          : same_block ? "no __syncthreads orders them"
                       : "blocks run in any order and at the same time; only atomics may meet",
          current_kernel()->name, text(current_kernel()->source).c_str());
}

void report_uninitialised(const Cell& cell, uint32_t where, const std::string& memory) {
  if (!worth_reporting(1, where, 0)) return;
  finding("%s: %s: %s\n  %s", text(line_of(where)).c_str(),
          cell.pending ? "read before __pipeline_wait_prior has made the asynchronous copy visible" : "uninitialised read",
          memory.c_str(), describe_thread().c_str());
}

// ---- one word

struct Visit {
  Access access;
  unsigned bytes;  // a bit for each byte of the word
  uint32_t where;
  unsigned thread;

  bool conflicts(const Slot& slot, bool slot_wrote) const {
    if (slot.epoch == 0 || !(slot.bytes & bytes)) return false;
    if (access == Access::read && !slot_wrote) return false;
    if (access == Access::atomic && slot.atomic) return false;
    return !ordered_before(slot, thread);
  }

  Slot slot() const {
    Slot result{};
    result.epoch = epoch, result.thread = thread, result.bytes = bytes & 15u, result.where = where;
    result.atomic = access == Access::atomic, result.clock = clock_of(thread);
    return result;
  }

  // The new write takes the place of one that it follows or covers.
  void remember_write(Cell& cell) const {
    Slot* place = &cell.writes[0];
    for (Slot& old : cell.writes)
      if (old.epoch == 0 || (old.bytes & ~bytes) == 0 || old.epoch < kernel_epoch) place = &old;
    *place = slot();
    for (Slot& old : cell.reads)
      if ((old.bytes & ~bytes) == 0 && ordered_before(old, thread)) old.epoch = 0;
  }

  // Readers that this one does not follow are kept while there is room, and of them rather two from different warps: a
  // later writer is in one warp only.
  void remember_read(Cell& cell) const {
    Slot* place = nullptr;
    for (Slot& old : cell.reads)
      if (old.epoch == 0 || ((old.bytes & ~bytes) == 0 && ordered_before(old, thread))) {
        place = &old;
        break;
      }
    if (!place) place = cell.reads[0].thread / 32 == cell.reads[1].thread / 32 ? &cell.reads[1] : &cell.reads[2];
    *place = slot();
  }
};

// What a kernel may not touch at all; it does not go on after that.
void stop_at(const Target& target, Access access, const char* address, size_t bytes, uint32_t where) {
  std::string what = format("%s of %zu bytes: ", name_of(access), bytes);
  cudaError_t error = cudaErrorIllegalAddress;
  switch (target.kind) {
    case Target::out_of_bounds: what = "out of bounds: " + what + describe_target(target, address); break;
    case Target::freed: what = "use after free: " + what + describe(address); break;
    case Target::host:
      if (reinterpret_cast<uintptr_t>(address) < page_bytes) what += "a null pointer";
      else what = "a kernel may not touch host memory: " + what + describe(address);
      break;
    case Target::constant_variable: what = "a kernel may not change __constant__ memory: " + what + describe_target(target, address); break;
    default: what = "misaligned address: " + what + describe_target(target, address), error = cudaErrorMisalignedAddress;
  }
  stop_kernel(error, what.c_str(), line_of(where));
}

void count_access(bool shared, Access access, const char* address, size_t bytes) {
  static const char* end[2];
  if (shared) ++cuda_on_cpu_accesses[1];
  else if (access == Access::atomic) ++cuda_on_cpu_accesses[0];
  else {
    const bool write = access == Access::write;
    ++cuda_on_cpu_accesses[write ? 4 : 2];
    cuda_on_cpu_accesses[write ? 5 : 3] += address == end[write];
    end[write] = address + bytes;
  }
}

}  // namespace

bool worth_reporting(int kind, uint32_t where, uint32_t other) {
  if (reported.size() < most_reports) return reported.insert({kind, where, other}).second;
  if (reported.size() == most_reports && reported.insert({-1, 0, 0}).second) finding("more findings of the checker are not shown");
  return false;
}

void start_kernel_epoch(const void* call, size_t call_bytes) {
  kernel_epoch = block_epoch = ++epoch;
  call_begin = static_cast<const char*>(call);
  call_end = call_begin + call_bytes;
  block_starts.clear();
  releases.clear();
}

bool in_call(const char* address) { return address >= call_begin && address < call_end; }

void start_block_epoch() {
  block_epoch = ++epoch;
  block_starts.push_back({epoch, running.block_index});
  acquires.clear();
  std::memset(fenced, 0, sizeof fenced);
}

void start_barrier_epoch() { ++epoch; }
uint32_t block_epoch_now() { return block_epoch; }
void fence(unsigned thread) { fenced[thread] = true; }

// Each lane that takes part learns what any of them knows, and begins a new interval.
void order_lanes(unsigned number, unsigned lanes) {
  WarpClocks& warp = warp_clocks[number];
  if (warp.epoch != epoch) {
    std::memset(warp.knows, 0, sizeof warp.knows);
    for (int lane = 0; lane < 32; ++lane) warp.knows[lane][lane] = 1;
    warp.epoch = epoch;
  }
  uint16_t together[32] = {};
  for (int lane = 0; lane < 32; ++lane)
    for (int other = 0; other < 32; ++other)
      if (lanes >> lane & 1u) together[other] = std::max(together[other], warp.knows[lane][other]);
  for (int lane = 0; lane < 32; ++lane) {
    if (!(lanes >> lane & 1u)) continue;
    std::memcpy(warp.knows[lane], together, sizeof together);
    if (warp.knows[lane][lane] < UINT16_MAX) ++warp.knows[lane][lane];  // full: later races may be missed
  }
}

void check_access(Access access, const char* address, size_t bytes, uint32_t where, bool need_alignment) {
  Target target = find_target(address, bytes);
  if (target.kind == Target::local || target.kind == Target::pinned) return;
  if (target.kind == Target::read_only && access == Access::read) return;
  if (target.kind == Target::read_only) target.kind = Target::host;
  bool writes = access != Access::read;
  bool forbidden = target.kind == Target::out_of_bounds || target.kind == Target::freed || target.kind == Target::host ||
                   (target.kind == Target::constant_variable && writes);
  bool misaligned = need_alignment && bytes <= 16 && (bytes & (bytes - 1)) == 0 && reinterpret_cast<uintptr_t>(address) % bytes != 0;
  if (forbidden || misaligned) stop_at(target, access, address, bytes, where);
  count_access(target.kind == Target::shared, access, address, bytes);
  if (target.kind == Target::device) check_processes(owner_of(address), access, address, bytes);
  unsigned thread = running.thread.number;
  if (access == Access::atomic) order_by_atomic(address, thread);
  if (access == Access::write && target.kind != Target::shared) fenced[thread] = false;
  for (const char* end = address + bytes; address < end;) {
    unsigned first = reinterpret_cast<uintptr_t>(address) % 4;
    unsigned count = static_cast<unsigned>(std::min<size_t>(4 - first, static_cast<size_t>(end - address)));
    Visit visit{access, ((1u << count) - 1) << first, where, thread};
    Cell& cell = cell_of(target, address);
    for (const Slot& slot : cell.writes)
      if (visit.conflicts(slot, true)) report_race(access, where, slot, true, describe_target(target, address));
    for (const Slot& slot : cell.reads)
      if (visit.conflicts(slot, false)) report_race(access, where, slot, false, describe_target(target, address));
    unsigned missing = visit.bytes & (~static_cast<unsigned>(cell.initialised) | cell.pending);
    // MPI may take pointers to device memory, and nobody tells of what it writes. But fresh memory is full of 0xff bytes.
    for (unsigned byte = 0; byte < 4 && target.kind == Target::device && !cell.pending; ++byte)
      if (missing >> byte & 1 && (address - first)[byte] != '\xff') missing = 0;
    if (access != Access::write && missing) report_uninitialised(cell, where, describe_target(target, address));
    if (writes) {
      visit.remember_write(cell);
      cell.initialised |= static_cast<uint8_t>(visit.bytes);
    } else {
      visit.remember_read(cell);
    }
    address += count;
  }
}

void check_host_access(Access access, const char* address, uint32_t where) {
  MemoryKind kind = kind_of(address);
  if (kind != MemoryKind::device && kind != MemoryKind::freed && kind != MemoryKind::symbol) return;
  if (!worth_reporting(2, where, 0)) return;
  finding("%s: host code may not %s device memory: %s", text(line_of(where)).c_str(), access == Access::read ? "read" : "write",
          kind == MemoryKind::symbol ? "a __device__ or __constant__ variable; use cudaMemcpyToSymbol or cudaMemcpyFromSymbol"
                                     : describe(address).c_str());
}

}  // namespace cuda_on_cpu

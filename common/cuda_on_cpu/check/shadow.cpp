// Where cells lie. Device memory has a shadow at a fixed ratio to its arena, reserved as address space and filled by
// the kernel of the operating system on first touch, so that a cell of zeros means "never written".
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <tuple>

#include "common/cuda_on_cpu/check/shadow.h"

namespace cuda_on_cpu {

namespace {

char* arena = nullptr;
size_t arena_bytes = 0;
char* cells = nullptr;               // one Cell of 64 bytes for 4 bytes
const Allocation** owners = nullptr;  // the allocation of each page, null for guard pages

constexpr size_t cell_bytes = 64, word_bytes = 4;
constexpr size_t zone_bytes = 128;  // around shared variables; see include/cuda_on_cpu/check.h

std::vector<Region*> regions;
Region* dynamic_region = nullptr;

void* reserve(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) return memory;
  std::perror("cuda_on_cpu: no address space for the checker");
  std::exit(1);
}

Cell& arena_cell(const char* address) {
  return *reinterpret_cast<Cell*>(cells + static_cast<size_t>(address - arena) / word_bytes * cell_bytes);
}

size_t word_of(const char* address) { return reinterpret_cast<uintptr_t>(address) / word_bytes; }

Region* add_region(const char* begin, const char* end, const char* zone_begin, const char* zone_end, std::string name,
                   bool shared, bool constant) {
  auto* region = new Region{begin, end, zone_begin, zone_end, std::move(name), shared, constant, 0, {}};
  region->cells.resize(word_of(end - 1) - word_of(begin) + 1);
  regions.push_back(region);
  return region;
}

void clear(Region& region, bool initialised) {
  std::memset(static_cast<void*>(region.cells.data()), 0, region.cells.size() * sizeof(Cell));
  if (initialised)
    for (Cell& cell : region.cells) cell.initialised = 15;
}

Region* find_region(const char* address) {
  static Region* last = nullptr;  // accesses come in runs
  if (last && address >= last->begin && address < last->end) return last;
  for (Region* region : regions)
    if (address >= region->begin && address < region->end) return last = region;
  for (Region* region : regions)
    if (address >= region->zone_begin && address < region->zone_end) return region;
  return nullptr;
}

struct Watcher final : Observer {
  void allocated(const Allocation& a) override {
    if (!arena) start_shadow();
    for (size_t offset = 0; offset < a.pages_bytes; offset += page_bytes)
      owners[static_cast<size_t>(a.pages + offset - arena) / page_bytes] = &a;
  }
  void freed(const Allocation& a) override { madvise(&arena_cell(a.pages), a.pages_bytes / word_bytes * cell_bytes, MADV_DONTNEED); }
  void host_wrote(const void* begin, size_t bytes) override {
    fill_cells(static_cast<const char*>(begin), bytes, true);
    check_processes(owner_of(begin), Access::write, begin, bytes);
  }
  void copied(void* to, const void* from, size_t bytes) override;
  void kernel_began(const void* call, size_t call_bytes) override {
    if (!arena) start_shadow();
    start_kernel_epoch(call, call_bytes);
    const char* begin = static_cast<const char*>(running.dynamic_shared);
    size_t bytes = current_kernel()->shared_bytes;
    if (!dynamic_region) dynamic_region = add_region(begin, begin + 1, begin, begin, "dynamic shared memory", true, false);
    dynamic_region->begin = begin;
    dynamic_region->end = begin + bytes;
    dynamic_region->zone_begin = begin - page_bytes;
    dynamic_region->zone_end = dynamic_region->end + page_bytes;
    dynamic_region->cells.resize(bytes / word_bytes + 2);
  }
  void block_began() override {
    settle_traffic();
    start_block_epoch();
    clear(*dynamic_region, false);
  }
  void barrier() override {
    settle_traffic();
    start_barrier_epoch();
  }
  void warp_synced(unsigned warp, unsigned lanes) override { order_lanes(warp, lanes); }
  void kernel_ended() override { settle_traffic(); }
  void copy_began(void* shared, size_t bytes, const void* where) override;
  void copy_ended(void* shared, const void* global, size_t bytes, size_t read, const void* where) override;
};

// Bytes are as initialised as the bytes they come from; what comes from the host counts as initialised.
void Watcher::copied(void* to, const void* from, size_t bytes) {
  const char *target = static_cast<const char*>(to), *origin = static_cast<const char*>(from);
  std::vector<bool> known(bytes, true);
  Target from_target = find_target(origin, 1);
  if (from_target.kind == Target::device)
    for (size_t i = 0; i < bytes; ++i) known[i] = arena_cell(origin + i).initialised >> (reinterpret_cast<uintptr_t>(origin + i) % 4) & 1;
  fill_cells(target, bytes, true);
  check_processes(owner_of(from), Access::read, from, bytes);
  check_processes(owner_of(to), Access::write, to, bytes);
  if (find_target(target, 1).kind != Target::device) return;
  for (size_t i = 0; i < bytes; ++i)
    if (!known[i]) arena_cell(target + i).initialised &= static_cast<uint8_t>(~(1u << reinterpret_cast<uintptr_t>(target + i) % 4));
}

// From here to the wait the destination has no value, and nobody else may be using it.
void Watcher::copy_began(void* shared, size_t bytes, const void* where) {
  const char* begin = static_cast<const char*>(shared);
  check_access(Access::write, begin, bytes, where_of(where));
  count_traffic(Access::write, begin, bytes, where_of(where));
  Target target = find_target(begin, bytes);
  for (size_t offset = 0; offset < bytes; offset += word_bytes) cell_of(target, begin + offset).pending = 15;
}

void Watcher::copy_ended(void* shared, const void* global, size_t bytes, size_t read, const void* where) {
  const char* begin = static_cast<const char*>(shared);
  if (read) check_access(Access::read, static_cast<const char*>(global), read, where_of(where));
  if (read) count_traffic(Access::read, static_cast<const char*>(global), read, where_of(where));
  Target target = find_target(begin, bytes);
  for (size_t offset = 0; offset < bytes; offset += word_bytes) cell_of(target, begin + offset).pending = 0;
  check_access(Access::write, begin, bytes, where_of(where));
}

Watcher watcher;

}  // namespace

void start_shadow() {
  std::tie(arena, arena_bytes) = arena_range();
  cells = static_cast<char*>(reserve(arena_bytes / word_bytes * cell_bytes));
  owners = static_cast<const Allocation**>(reserve(arena_bytes / page_bytes * sizeof(Allocation*)));
  for (const Section& section : device_sections()) {
    Region* region = add_region(section.begin, section.end, section.begin, section.end,
                                section.constant ? "a __constant__ variable" : "a __device__ variable", false, section.constant);
    clear(*region, true);  // variables begin as zero
  }
}

const Allocation* owner_of(const void* address) {
  return in_arena(address) ? owners[static_cast<size_t>(static_cast<const char*>(address) - arena) / page_bytes] : nullptr;
}

Target find_target(const char* address, size_t bytes) {
  if (on_fiber_stack(address)) return {Target::local, nullptr};
  if (in_arena(address)) {
    const Allocation* owner = owner_of(address);
    if (!owner || address < owner->begin || address + bytes > owner->begin + owner->bytes) return {Target::out_of_bounds, nullptr};
    if (owner->freed) return {Target::freed, nullptr};
    return {owner->pinned ? Target::pinned : Target::device, nullptr};
  }
  if (Region* region = find_region(address)) {
    if (address < region->begin || address + bytes > region->end) return {Target::out_of_bounds, region};
    return {region->shared ? Target::shared : region->constant ? Target::constant_variable : Target::device_variable, region};
  }
  const char* state = reinterpret_cast<const char*>(&running);
  if ((address >= state && address < state + sizeof running) || in_call(address)) return {Target::local, nullptr};
  if (in_read_only_memory(address)) return {Target::read_only, nullptr};
  return {kind_of(address) == MemoryKind::pinned ? Target::pinned : Target::host, nullptr};
}

Cell& cell_of(const Target& target, const char* address) {
  if (target.kind == Target::device) return arena_cell(address);
  return target.region->cells[word_of(address) - word_of(target.region->begin)];
}

void fill_cells(const char* begin, size_t bytes, bool initialised) {
  if (!arena) start_shadow();
  Target target = find_target(begin, 1);
  if (target.kind != Target::device && !target.region) return;
  for (const char* p = begin; p < begin + bytes; ++p) {
    Cell& cell = cell_of(target, p);
    unsigned bit = 1u << reinterpret_cast<uintptr_t>(p) % 4;
    for (Slot& slot : cell.writes) slot.epoch = 0;
    for (Slot& slot : cell.reads) slot.epoch = 0;
    cell.initialised = static_cast<uint8_t>(initialised ? cell.initialised | bit : cell.initialised & ~bit);
  }
}

std::string describe_target(const Target& target, const char* address) {
  if (!target.region) return describe(address);
  const Region& region = *target.region;
  long offset = address - region.begin, bytes = region.end - region.begin;
  if (offset < 0) return format("%ld bytes before the begin of %s (%ld bytes)", -offset, region.name.c_str(), bytes);
  if (offset >= bytes) return format("%ld bytes past the end of %s (%ld bytes)", offset - bytes, region.name.c_str(), bytes);
  return format("byte %ld of %s (%ld bytes)", offset, region.name.c_str(), bytes);
}

// Called by every thread that comes to the declaration; the first of a block poisons the variable.
void note_shared(void* begin, size_t bytes, const char* name) {
  const char* first = static_cast<const char*>(begin);
  Region* region = nullptr;
  for (Region* known : regions)
    if (known->begin == first && known->shared && known != dynamic_region) region = known;
  if (!region)
    region = add_region(first, first + bytes, first - zone_bytes, first + bytes + zone_bytes, format("shared variable %s", name), true, false);
  if (region->block_epoch == block_epoch_now()) return;
  region->block_epoch = block_epoch_now();
  std::memset(begin, 0xff, bytes);
  clear(*region, false);
}

// Called by the constructor of every instrumented file, before main.
extern "C" void __tsan_init() { observer = &watcher; }

}  // namespace cuda_on_cpu

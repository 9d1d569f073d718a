// The checker's memory about the program's memory.
//
// Each 4-byte word of device and shared memory has a cell: who wrote it last, who read it since, and which of its four
// bytes have a value. Accesses carry a mask of bytes, so threads that use different bytes of a word do not meet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/cuda_on_cpu/runtime.h"

namespace cuda_on_cpu {

// One remembered access. Times are epochs: a counter that grows at each kernel, block and barrier.
struct Slot {
  uint32_t epoch;  // 0: empty
  uint32_t thread : 10, bytes : 4, atomic : 1, : 1, clock : 16;  // clock: the lane's, see races.cpp
  uint32_t where;  // code address, see where.cpp
};

struct Cell {
  Slot writes[2];
  Slot reads[3];
  uint8_t initialised;  // a bit for each byte
  uint8_t pending;      // bytes that an asynchronous copy has not filled yet
};
static_assert(sizeof(Cell) <= 64);

// Memory outside the arena: shared variables, dynamic shared memory, `__device__` variables.
struct Region {
  const char *begin, *end;            // the program may touch this
  const char *zone_begin, *zone_end;  // whoever touches the rest of this missed the region
  std::string name;                   // "shared array tile"
  bool shared, constant;
  uint32_t block_epoch;               // shared: the block that it was poisoned for
  std::vector<Cell> cells;
};

// Where an address points to, as far as a kernel may care.
struct Target {
  enum Kind { device, shared, device_variable, constant_variable, local, pinned, read_only, out_of_bounds, freed, host } kind;
  Region* region;  // of shared memory and of variables
};

void start_shadow();
Target find_target(const char* address, size_t bytes);
const Allocation* owner_of(const void* address);  // null outside of the arena, and between allocations
Cell& cell_of(const Target& target, const char* address);
std::string describe_target(const Target& target, const char* address);
void fill_cells(const char* begin, size_t bytes, bool initialised);  // device memory and variables; forgets all accesses

// races.cpp
void start_kernel_epoch(const void* call, size_t call_bytes);
bool in_call(const char* address);  // the launch's own copy of the arguments
void start_block_epoch();
void start_barrier_epoch();
void order_lanes(unsigned warp, unsigned lanes);
void check_access(Access access, const char* address, size_t bytes, uint32_t where, bool need_alignment = true);
void check_host_access(Access access, const char* address, uint32_t where);
void fence(unsigned thread);
uint32_t block_epoch_now();
bool worth_reporting(int kind, uint32_t where, uint32_t other);

// processes.cpp
void check_processes(const Allocation* allocation, Access access, const void* begin, size_t bytes);

// traffic.cpp
void count_traffic(Access access, const char* address, size_t bytes, uint32_t where);
void settle_traffic();

// hooks.cpp: what the headers call in the check build
void note_access(Access access, const volatile void* begin, size_t bytes, const void* where);
void note_shared(void* begin, size_t bytes, const char* name);
void note_fence();

// where.cpp
uint32_t where_of(const void* code);  // a return address, as an offset into the program
SourceLine line_of(uint32_t where);
bool in_read_only_memory(const char* address);

}  // namespace cuda_on_cpu

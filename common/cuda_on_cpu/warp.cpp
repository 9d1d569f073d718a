// Where lanes of a warp meet: votes, shuffles, reductions, matrix products, __syncwarp. Lanes that name the same mask
// form a group; when the last lane of the mask that has not returned arrives, it computes the results of all.
#include <algorithm>
#include <cstring>

#include "common/cuda_on_cpu/runtime.h"

namespace cuda_on_cpu {

namespace {

struct Group {
  WarpOperation operation;
  unsigned mask, arrived = 0;
  SourceLine source;  // of the first arrival
  int first;          // its lane
  WarpLane* lanes[32];
  Fiber* fibers[32];
};

struct Warp {
  std::vector<Group> groups;
} warps[32];

const char* name_of(WarpOperation operation) {
  constexpr const char* names[] = {"__syncwarp",        "__shfl_sync",       "__ballot_sync",     "__match_any_sync",
                                   "__match_all_sync",  "__reduce_add_sync", "__reduce_min_sync", "__reduce_max_sync",
                                   "__reduce_min_sync", "__reduce_max_sync", "__reduce_and_sync", "__reduce_or_sync",
                                   "__reduce_xor_sync", "wmma::mma_sync",     "__activemask"};
  return names[static_cast<int>(operation)];
}

unsigned bit(int lane) { return 1u << lane; }

[[noreturn]] void stop(const std::string& what, SourceLine source) { stop_kernel(cudaErrorLaunchFailure, what.c_str(), source); }

// Threads beyond the end of the block count as finished from the start; see reset_warps.
unsigned finished(unsigned warp) { return running.finished[warp]; }

bool exists(unsigned warp, int lane) { return warp * 32 + static_cast<unsigned>(lane) < running.threads; }

// A source that is not in the group has no value: its bytes are 0xff. One that has returned is certainly a mistake.
void shuffle_all(const Group& group, unsigned warp) {
  for (int lane = 0; lane < 32; ++lane) {
    if (!(group.arrived & bit(lane))) continue;
    WarpLane& part = *group.lanes[lane];
    if (group.arrived & bit(part.source)) {
      std::memcpy(part.result, group.lanes[part.source]->value, static_cast<size_t>(part.bytes));
    } else {
      if ((finished(warp) & bit(part.source)) && exists(warp, part.source))
        stop(format("shuffle: lane %d reads from lane %d, which has returned from the kernel", lane, part.source), group.source);
      std::memset(part.result, 0xff, static_cast<size_t>(part.bytes));
    }
  }
}

template <class T> T value_of(const Group& group, int lane) {
  T value;
  std::memcpy(&value, group.lanes[lane]->value, sizeof value);
  return value;
}

template <class T, class Combine> void reduce(const Group& group, Combine combine) {
  T total{};
  bool first = true;
  for (int lane = 0; lane < 32; ++lane) {
    if (!(group.arrived & bit(lane))) continue;
    T value = value_of<T>(group, lane);
    total = first ? value : combine(total, value);
    first = false;
  }
  for (int lane = 0; lane < 32; ++lane)
    if (group.arrived & bit(lane)) std::memcpy(group.lanes[lane]->result, &total, sizeof total);
}

unsigned lanes_equal_to(const Group& group, int lane) {
  unsigned same = 0;
  for (int other = 0; other < 32; ++other)
    if ((group.arrived & bit(other)) && std::memcmp(group.lanes[lane]->value, group.lanes[other]->value,
                                                    static_cast<size_t>(group.lanes[lane]->bytes)) == 0)
      same |= bit(other);
  return same;
}

void match_all_lanes(const Group& group, bool need_all) {
  for (int lane = 0; lane < 32; ++lane) {
    if (!(group.arrived & bit(lane))) continue;
    unsigned same = lanes_equal_to(group, lane);
    if (need_all && same != group.arrived) same = 0;
    std::memcpy(group.lanes[lane]->result, &same, sizeof same);
  }
}

void ballot(const Group& group) {
  unsigned votes = 0;
  for (int lane = 0; lane < 32; ++lane)
    if ((group.arrived & bit(lane)) && value_of<int>(group, lane) != 0) votes |= bit(lane);
  for (int lane = 0; lane < 32; ++lane)
    if (group.arrived & bit(lane)) std::memcpy(group.lanes[lane]->result, &votes, sizeof votes);
}

void multiply(const Group& group) {
  if (group.arrived != 0xffffffffu) stop("wmma::mma_sync needs all 32 lanes of the warp", group.source);
  group.lanes[0]->matrix(group.lanes);
}

void compute(const Group& group, unsigned warp) {
  switch (group.operation) {
    case WarpOperation::sync:
      if (observer) observer->warp_synced(warp, group.arrived);
      return;
    case WarpOperation::shuffle: return shuffle_all(group, warp);
    case WarpOperation::ballot: return ballot(group);
    case WarpOperation::match_any: return match_all_lanes(group, false);
    case WarpOperation::match_all: return match_all_lanes(group, true);
    case WarpOperation::add: return reduce<unsigned>(group, [](unsigned a, unsigned b) { return a + b; });
    case WarpOperation::min: return reduce<unsigned>(group, [](unsigned a, unsigned b) { return std::min(a, b); });
    case WarpOperation::max: return reduce<unsigned>(group, [](unsigned a, unsigned b) { return std::max(a, b); });
    case WarpOperation::min_signed: return reduce<int>(group, [](int a, int b) { return std::min(a, b); });
    case WarpOperation::max_signed: return reduce<int>(group, [](int a, int b) { return std::max(a, b); });
    case WarpOperation::bit_and: return reduce<unsigned>(group, [](unsigned a, unsigned b) { return a & b; });
    case WarpOperation::bit_or: return reduce<unsigned>(group, [](unsigned a, unsigned b) { return a | b; });
    case WarpOperation::bit_xor: return reduce<unsigned>(group, [](unsigned a, unsigned b) { return a ^ b; });
    case WarpOperation::matrix: return multiply(group);
    case WarpOperation::active:
      for (int lane = 0; lane < 32; ++lane)
        if (group.arrived & bit(lane)) std::memcpy(group.lanes[lane]->result, &group.arrived, sizeof group.arrived);
  }
}

// __activemask names no lanes to wait for.
bool complete(const Group& group, unsigned warp) { return group.operation != WarpOperation::active && (group.mask & ~group.arrived & ~finished(warp)) == 0; }

// Computes and wakes everybody except `goes_on`, who has not been suspended.
void let_go(Warp& warp, size_t index, unsigned number, const Fiber* goes_on) {
  Group group = warp.groups[index];
  warp.groups.erase(warp.groups.begin() + static_cast<long>(index));
  compute(group, number);
  for (int lane = 0; lane < 32; ++lane)
    if ((group.arrived & bit(lane)) && group.fibers[lane] != goes_on) make_ready(group.fibers[lane]);
}

// The group with this mask, after proof that the lanes mean the same thing; a new one for the first to arrive.
size_t find_group(Warp& warp, WarpOperation operation, unsigned mask, int lane, SourceLine source) {
  for (size_t i = 0; i < warp.groups.size(); ++i) {
    const Group& group = warp.groups[i];
    bool same_line = same(group.source, source) || operation == WarpOperation::sync;
    if (operation == WarpOperation::active || group.operation == WarpOperation::active) {
      if (group.operation == operation && same_line) return i;
      continue;
    }
    if (group.mask == mask) {
      if (group.operation == operation && same_line) return i;
      stop(format("warp divergence: lane %d is at %s, lane %d of the same mask waits at %s of %s", lane, name_of(operation),
                  group.first, name_of(group.operation), text(group.source).c_str()), source);
    }
    if ((group.mask & bit(lane)) && (group.arrived & mask))
      stop(format("lanes disagree on the mask: lane %d names %#x, lane %d waits at %s with %#x", lane, mask, group.first,
                  text(group.source).c_str(), group.mask), source);
  }
  Group group{};
  group.operation = operation, group.mask = mask, group.source = source, group.first = lane;
  warp.groups.push_back(group);
  return warp.groups.size() - 1;
}

}  // namespace

void warp_meet(WarpOperation operation, unsigned mask, WarpLane& part, SourceLine source) {
  unsigned number = running.thread.number / 32;
  int lane = lane_number();
  if (!(mask & bit(lane))) stop(format("lane %d is not in its own mask %#x", lane, mask), source);
  Warp& warp = warps[number];
  size_t index = find_group(warp, operation, mask, lane, source);
  Group& group = warp.groups[index];
  group.arrived |= bit(lane);
  group.lanes[lane] = &part;
  group.fibers[lane] = current_fiber();
  if (complete(group, number)) return let_go(warp, index, number, current_fiber());
  wait_for_turn();
}

void reset_warps() {
  for (unsigned warp = 0; warp * 32 < running.threads; ++warp) {
    if (!warps[warp].groups.empty()) warps[warp].groups.clear();
    unsigned lanes = std::min(32u, running.threads - warp * 32);
    running.finished[warp] = lanes == 32 ? 0 : ~0u << lanes;
  }
}

bool complete_warps() {
  for (unsigned number = 0; number * 32 < running.threads; ++number)
    for (size_t i = 0; i < warps[number].groups.size(); ++i)
      if (complete(warps[number].groups[i], number)) return let_go(warps[number], i, number, nullptr), true;
  for (unsigned number = 0; number * 32 < running.threads; ++number)
    for (size_t i = 0; i < warps[number].groups.size(); ++i)
      if (warps[number].groups[i].operation == WarpOperation::active) return let_go(warps[number], i, number, nullptr), true;
  return false;
}

std::string describe_waiting_lanes() {
  std::string all;
  for (unsigned number = 0; number * 32 < running.threads; ++number)
    for (const Group& group : warps[number].groups)
      all += format("%swarp %u waits at %s of %s for lanes %#x of mask %#x", all.empty() ? "" : "; ", number, name_of(group.operation),
                    text(group.source).c_str(), group.mask & ~group.arrived & ~finished(number), group.mask);
  return all;
}

}  // namespace cuda_on_cpu

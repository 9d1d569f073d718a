// The book's live figure of this chapter: what the memory does for one access of a warp.
// sources: warp_access
#include "chapters/03_fast_kernels/warp_access.h"
#include "common/live/live.h"

namespace {

cuda_on_cpu::Traffic traffic_of(const cuda_on_cpu::Request& request, bool shared) {
  cuda_on_cpu::Traffic sum;
  add(sum, request, shared);
  return sum;
}

live::Json figure(const live::Settings& s) {
  WarpAccess access = warp_access(s.at("access"));
  // Both in pieces of what a lane moves, which must begin at a multiple of its bytes; -1: as the step has it.
  const unsigned piece = access.bytes / 4, first = unsigned(s.integer("first")) * piece;
  if (s.integer("apart") >= 0) access.apart = unsigned(s.integer("apart")) * piece;
  const cuda_on_cpu::Request request = request_of(access, first);
  const cuda_on_cpu::Traffic traffic = traffic_of(request, access.shared);

  std::vector<std::vector<unsigned>> cells;  // row, column, word, the lanes that want it
  for (const auto& [row, column, word, lanes] : answer_to(request, access.shared)) {
    cells.push_back({row, column, word});
    cells.back().insert(cells.back().end(), lanes.begin(), lanes.end());
  }
  std::vector<live::Json> all;
  for (const WarpAccess& one : warp_accesses()) {
    const auto [requests, units, least] = traffic_of(request_of(one), one.shared);
    all.push_back({{"name", one.name}, {"bytes", one.bytes}, {"shared", int(one.shared)}, {"units", units}, {"least", least}});
  }
  const size_t together = 32 / words_together(request, access.shared).size();  // lanes
  return {{"shared", int(access.shared)}, {"bytes", access.bytes}, {"first", first}, {"apart", access.apart}, {"lanes", together},
          {"units", traffic.units}, {"least", traffic.least}, {"cells", cells}, {"accesses", all}};
}

const live::Figure here(figure);

}  // namespace

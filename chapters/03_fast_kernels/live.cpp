// The book's live figure of this chapter: what the memory does for one access of a warp, by the rules of the counter behind
// `make traffic`.
#include <algorithm>

#include "common/cuda_on_cpu/check/request.h"
#include "common/error.h"
#include "common/live/live.h"

namespace {

using namespace cuda_on_cpu;

// Lane l begins at word l % across * apart + l / across * down.
struct Access {
  const char* name;
  bool shared;
  unsigned bytes, across, apart, down;
};
// a has rows of 784 numbers, b and c have rows of 512; a's tile in steps 3 and 4 has rows of 17; of a panel all lanes read one row.
const Access accesses[] = {
    {"step 1 reads a", false, 4, 32, 784, 0}, {"step 2 reads b", false, 4, 32, 1, 0},
    {"step 3 reads a", true, 4, 16, 0, 17}, {"step 3 reads b", true, 4, 16, 1, 0},
    {"step 4 reads a", true, 4, 8, 0, 8 * 17}, {"step 4 reads b", true, 4, 8, 8, 0},
    {"step 7 reads a", true, 16, 8, 0, 8}, {"step 7 reads b", true, 16, 8, 8, 0},
    {"step 8 reads a", true, 16, 4, 0, 4}, {"step 8 reads b", true, 16, 4, 4, 0},
    {"step 11 writes c", false, 4, 4, 4, 512}, {"step 12 writes c", false, 16, 4, 4, 512},
    {"shared, one row", true, 4, 32, 1, 0}, {"global, one row", false, 4, 32, 1, 0}};

Request request_of(const Access& access, unsigned first, unsigned apart) {
  Request request{};
  for (unsigned lane = 0; lane < 32; ++lane) {
    request.begin[lane] = 4 * (first + lane % access.across * apart + lane / access.across * access.down);
    request.bytes[lane] = access.bytes;
  }
  return request;
}

live::Json figure(const live::Settings& s) {
  const Access* shown = nullptr;
  std::vector<live::Json> all;
  for (const Access& access : accesses) {
    Traffic sum;
    add(sum, request_of(access, 0, access.apart), access.shared);
    all.push_back({{"name", access.name}, {"bytes", access.bytes}, {"shared", int(access.shared)}, {"units", sum.units}, {"least", sum.least}});
    if (s.at("access") == access.name) shown = &access;
  }
  if (!shown) throw Error("there is no access " + s.at("access"));
  // Both in pieces of what a lane moves, which must begin at a multiple of its bytes; -1: as the step has it.
  const unsigned piece = shown->bytes / 4, first = unsigned(s.integer("first")) * piece;
  const unsigned apart = s.integer("apart") < 0 ? shown->apart : unsigned(s.integer("apart")) * piece;
  const Request request = request_of(*shown, first, apart);
  Traffic sum;
  add(sum, request, shown->shared);

  const auto groups = words_together(request, shown->shared);
  const unsigned lanes = unsigned(32 / groups.size());
  std::vector<std::vector<unsigned>> cells;  // row, column, word, the lanes that want it; a row is a wavefront, or four sectors
  for (unsigned group = 0, row = 0; group < groups.size(); ++group) {
    unsigned in_bank[banks] = {}, most = 0;
    std::set<uintptr_t> sectors;
    const size_t before = cells.size();
    for (const uintptr_t word : groups[group]) {
      const unsigned bank = word % banks, place = unsigned(sectors.size()), w = unsigned(word);
      most = std::max(most, in_bank[bank] + 1);
      if (shown->shared) cells.push_back({row + in_bank[bank]++, bank, w});
      else if (sectors.insert(word / sector).second)
        for (unsigned i = 0; i < sector; ++i) cells.push_back({place / 4, place % 4 * sector + i, w / sector * sector + i});
    }
    for (size_t i = before; i < cells.size(); ++i)
      for (unsigned lane = group * lanes; lane < (group + 1) * lanes; ++lane)
        if (cells[i][2] >= request.begin[lane] / 4 && cells[i][2] < request.begin[lane] / 4 + piece) cells[i].push_back(lane);
    row += most;
  }
  return {{"shared", int(shown->shared)}, {"bytes", shown->bytes}, {"first", first}, {"apart", apart}, {"lanes", lanes}, {"units", sum.units},
          {"least", sum.least}, {"cells", cells}, {"accesses", all}};
}

const live::Figure here(figure);

}  // namespace

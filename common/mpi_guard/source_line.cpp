// See source_line.h.
#include "common/mpi_guard/source_line.h"

#include <dlfcn.h>

#include <cstdio>
#include <string>

#include "common/addr2line.h"

namespace guard {
namespace {

struct Position {
  std::string program;
  unsigned long offset;
};

// The file that holds the code and the address inside it, whatever the loader added to it.
Position position_of(const void* address) {
  Dl_info info{};
  if (!address || !dladdr(address, &info) || !info.dli_fname) return {};
  // The address is where the call returns to; one byte earlier lies inside the call itself.
  return {info.dli_fname, static_cast<unsigned long>(static_cast<const char*>(address) - static_cast<const char*>(info.dli_fbase)) - 1};
}

std::string short_path(const std::string& path) {
  for (const char* root : {"/chapters/", "/common/", "/tests/", "/exercises/", "/solutions/"}) {
    const size_t at = path.rfind(root);
    if (at != std::string::npos) return path.substr(at + 1);
  }
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

void set(Place& place, const std::string& text) { std::snprintf(place.text, sizeof place.text, "%s", text.c_str()); }

}  // namespace

std::vector<Place> source_lines(const std::vector<const void*>& addresses) {
  std::vector<Place> places(addresses.size(), Place{});
  std::vector<Position> positions;
  for (const void* address : addresses) positions.push_back(position_of(address));
  for (size_t i = 0; i < positions.size(); i++) {
    if (positions[i].program.empty() || places[i].text[0]) continue;
    std::vector<size_t> same;  // all addresses of one program are asked for at once
    std::vector<unsigned long> offsets;
    for (size_t j = i; j < positions.size(); j++)
      if (positions[j].program == positions[i].program) same.push_back(j), offsets.push_back(positions[j].offset);
    const std::vector<std::string> answers = addr2line(positions[i].program, offsets);
    for (size_t k = 0; k < same.size(); k++) {
      const bool known = k < answers.size() && answers[k].compare(0, 2, "??") != 0;
      char offset[32];
      std::snprintf(offset, sizeof offset, "+0x%lx", offsets[k]);
      set(places[same[k]], short_path(known ? answers[k] : positions[i].program) + (known ? "" : offset));
    }
  }
  return places;
}

}  // namespace guard

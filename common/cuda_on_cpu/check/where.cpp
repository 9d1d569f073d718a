// From a code address to FILE:LINE, by addr2line of the binutils; and which addresses of the program are constants.
#include <link.h>
#include <unistd.h>
#include <cstdlib>
#include <map>

#include "common/addr2line.h"
#include "common/cuda_on_cpu/check/shadow.h"

namespace cuda_on_cpu {

namespace {

struct Range {
  const char *begin, *end;
};

struct Program {
  const char* base = nullptr;
  std::vector<Range> read_only;
  std::string path, directory;

  Program() {
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* self) {
          static_cast<Program*>(self)->add(*info);
          return 0;
        },
        this);
    char buffer[4096];
    ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);
    if (length > 0) path.assign(buffer, static_cast<size_t>(length));
    if (getcwd(buffer, sizeof buffer)) directory = std::string(buffer) + "/";
  }

  void add(const dl_phdr_info& info) {
    const char* origin = reinterpret_cast<const char*>(info.dlpi_addr);
    if (read_only.empty()) base = origin;  // the program itself comes first
    for (int i = 0; i < info.dlpi_phnum; ++i) {
      const auto& header = info.dlpi_phdr[i];
      bool constant = (header.p_type == PT_LOAD && !(header.p_flags & PF_W)) || header.p_type == PT_GNU_RELRO;
      if (constant) read_only.push_back({origin + header.p_vaddr, origin + header.p_vaddr + header.p_memsz});
    }
  }
};

const Program& program() {
  static const auto& instance = *new Program;
  return instance;
}

// addr2line prints one line for each level of inlining, the innermost first. The first that is not a header of this
// runtime is the program's.
std::string look_up(uint32_t where) {
  std::string chosen;
  for (const std::string& line : addr2line(program().path, {where - 1}, "-i")) {
    bool ours = line.find("/cuda_on_cpu/include/") != std::string::npos || line[0] == '?';
    if (chosen.empty() && !ours) chosen = line;
  }
  if (chosen.compare(0, program().directory.size(), program().directory) == 0) chosen.erase(0, program().directory.size());
  return chosen;
}

}  // namespace

uint32_t where_of(const void* code) {
  auto offset = static_cast<uintptr_t>(static_cast<const char*>(code) - program().base);
  return offset < UINT32_MAX ? static_cast<uint32_t>(offset) : 0;
}

SourceLine line_of(uint32_t where) {
  static auto& known = *new std::map<uint32_t, std::pair<std::string, int>>;
  auto [entry, is_new] = known.try_emplace(where);
  if (is_new) {
    std::string line = look_up(where);
    size_t colon = line.rfind(':');
    if (colon == std::string::npos)
      entry->second = {format("code address %#x", where), 0};
    else
      entry->second = {line.substr(0, colon), std::atoi(line.c_str() + colon + 1)};
  }
  return {entry->second.first.c_str(), entry->second.second};
}

bool in_read_only_memory(const char* address) {
  for (const Range& range : program().read_only)
    if (address >= range.begin && address < range.end) return true;
  return false;
}

}  // namespace cuda_on_cpu

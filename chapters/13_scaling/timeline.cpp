#include "chapters/13_scaling/timeline.h"

#include <cstdio>

#include "chapters/13_scaling/world.h"
#include "common/error.h"

namespace {

std::string text_of(const Timeline::Event& e) {
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, R"("ph":"X","pid":0,"tid":%d,"ts":%.3f,"dur":%.3f)", e.rank, 1e6 * e.begin,
                1e6 * (e.end - e.begin));
  std::string arguments;
  if (e.bytes >= 0) arguments += "\"bytes\":" + std::to_string(int64_t(e.bytes));
  if (e.peer >= 0) arguments += std::string(arguments.empty() ? "" : ",") + "\"peer\":" + std::to_string(e.peer);
  return "{\"name\":\"" + e.name + "\",\"cat\":\"" + e.kind + "\"," + numbers + ",\"args\":{" + arguments + "}},\n";
}

}  // namespace

// Chrome's trace format, one event a line, as common/mpi_guard writes it.
void Timeline::write(const World& world, const std::string& file) const {
  FILE* out = std::fopen(file.c_str(), "w");
  if (!out) throw Error(file + ": cannot be written");
  std::fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
  for (int r = 0; r < world.ranks; ++r)
    std::fprintf(out, "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":0,\"tid\":%d,\"args\":{\"name\":\"rank %d on node %d\"}},\n", r,
                 r, world.network.topology().node_of(r));
  for (const Event& e : events) std::fputs(text_of(e).c_str(), out);
  std::fputs("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":0,\"args\":{\"name\":\"simulated ranks\"}}\n]}\n", out);
  const bool good = std::ferror(out) == 0;
  if (std::fclose(out) != 0 || !good) throw Error(file + ": cannot be written");
}

CallInWorld::CallInWorld(const char* kind, const char* name, int peer, double bytes)
    : kind_(kind), name_(name), peer_(peer), bytes_(bytes) {
  world().take_turn();
  begin_ = world().now();
  world().enter();
}

// A call that took no time is not in the picture.
CallInWorld::~CallInWorld() {
  World& w = world();
  w.exit();
  if (w.timeline && !w.ending() && w.now() > begin_)
    w.timeline->events.push_back({w.rank(), begin_, w.now(), kind_, name_, peer_, bytes_});
}

// What common/mpi_guard/trace.h looks for: the regions that programs name.
extern "C" {
int64_t guard_trace_region_begin() { return world().timeline ? 1 + int64_t(1e12 * world().now()) : 0; }
void guard_trace_region_end(const char* name, int number, int64_t begin) {
  World& w = world();
  if (w.ending()) return;
  const std::string text = number < 0 ? name : std::string(name) + ' ' + std::to_string(number);
  w.timeline->events.push_back({w.rank(), 1e-12 * double(begin - 1), w.now(), "compute", text});
}
}

// See simulation.h: a world and its MPI for one program, and the timeline of what happened.
#include "chapters/13_scaling/simulation.h"

#include <algorithm>
#include <cstdio>

#include "chapters/13_scaling/simulated_mpi.h"
#include "common/error.h"

namespace {

std::string text_of(const Shown& e) {
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, R"("ph":"X","pid":0,"tid":%d,"ts":%.3f,"dur":%.3f)", e.rank,
                1e6 * e.begin, 1e6 * (e.end - e.begin));
  std::string arguments;
  if (e.bytes >= 0) arguments += "\"bytes\":" + std::to_string(int64_t(e.bytes));
  if (e.peer >= 0)
    arguments += std::string(arguments.empty() ? "" : ",") + "\"peer\":" + std::to_string(e.peer);
  return "{\"name\":\"" + e.name + "\",\"cat\":\"" + e.kind + "\"," + numbers + ",\"args\":{" + arguments +
         "}},\n";
}

// Chrome's trace format, one event a line, as common/mpi_guard writes it.
void write_timeline(const World& world, const std::string& file) {
  FILE* out = std::fopen(file.c_str(), "w");
  if (!out) throw Error(file + ": cannot be written");
  std::fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
  for (int r = 0; r < world.ranks; ++r)
    std::fprintf(out,
                 "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":0,\"tid\":%d,\"args\":{\"name\":\"rank %d "
                 "on node %d\"}},\n",
                 r, r, world.network.topology().node_of(r));
  for (const Shown& e : world.timeline) std::fputs(text_of(e).c_str(), out);
  std::fputs(
      "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":0,\"args\":{\"name\":\"simulated ranks\"}}\n]}\n",
      out);
  const bool good = std::ferror(out) == 0;
  if (std::fclose(out) != 0 || !good) throw Error(file + ": cannot be written");
}

}  // namespace

Simulated simulate(const Cluster& cluster, int ranks, const std::function<void()>& program,
                   const std::string& trace) {
  if (ranks < 1) throw Error("simulate: " + std::to_string(ranks) + " ranks");
  World world(cluster, ranks, !trace.empty());
  SimulatedMpi mpi(world);
  const Simulated result = world.run(program);
  if (!trace.empty()) write_timeline(world, trace);
  return result;
}

// ---- What programs see ----

RankTime Simulated::sum() const {
  RankTime all;
  for (const RankTime& r : ranks) {
    all.seconds += r.seconds;
    all.computing += r.computing;
    all.waiting += r.waiting;
    all.messages += r.messages;
    all.bytes += r.bytes;
  }
  return all;
}

void compute(double seconds) { world().compute(seconds); }
double virtual_time() { return world().now(); }
RankTime time_so_far() {
  RankTime time = world().time();
  time.seconds = world().now();
  return time;
}
const Cluster& this_cluster() { return world().cluster; }

// ---- MPI functions, and the timeline of what they do ----

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
  if (w.traced && !w.ending() && w.now() > begin_)
    w.timeline.push_back({w.rank(), begin_, w.now(), kind_, name_, peer_, bytes_});
}

// What common/mpi_guard/trace.h looks for: the regions that programs name.
extern "C" {
int64_t guard_trace_region_begin() { return world().traced ? 1 + int64_t(1e12 * world().now()) : 0; }
void guard_trace_region_end(const char* name, int number, int64_t begin) {
  World& w = world();
  if (w.ending()) return;
  const std::string text = number < 0 ? name : std::string(name) + ' ' + std::to_string(number);
  w.timeline.push_back({w.rank(), 1e-12 * double(begin - 1), w.now(), "compute", text});
}
}

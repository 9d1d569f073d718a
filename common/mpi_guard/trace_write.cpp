// See trace_write.h. Each rank writes its events as text, in rank 0's time; rank 0 puts the texts into one file.
#include "common/mpi_guard/trace_write.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/datatypes.h"
#include "common/mpi_guard/trace.h"
#include "common/mpi_guard/trace_clock.h"
#include "common/mpi_guard/trace_events.h"
#include "common/mpi_guard/wait.h"

namespace guard {
namespace {

int rank = 0, size = 1;
MPI_Comm own = MPI_COMM_NULL;  // the guard's own, of all ranks
Clock at_start;

// ---- text ----

const char* category(const Event& event) {
  if (event.region) return event.row > 0 ? "stream" : "compute";
  // In the order of Kind.
  constexpr const char* of_kind[] = {"other", "send", "receive", "exchange", "wait", "collective", "other", "other", "other"};
  return of_kind[int(kind_of(event.call.op))];
}

std::string name_text(const Event& event) {
  if (!event.region) return name_of(event.call.op);
  std::string text = event.region;
  if (event.number >= 0) text += ' ' + std::to_string(event.number);
  return text;
}

// The program may have given its communicator any name; in the file it stands between quotes.
std::string quotable(std::string text) {
  for (char& c : text)
    if (c == '"' || c == '\\' || c < ' ') c = '_';
  return text;
}

int64_t bytes_of(const Call& call) {
  int64_t each = size_if_known(call.type);
  if (each < 0) {
    int size_of_derived = 0;
    // The program may have freed the type since; only its own size is lost with it.
    each = PMPI_Type_size(call.type, &size_of_derived) == MPI_SUCCESS ? size_of_derived : 0;
  }
  return call.count * each;
}

std::string arguments(const Call& call) {
  if (!call.communicator) return "";
  std::string text = "\"communicator\":\"" + quotable(call.communicator->name) + "\"";
  const auto add = [&](const char* key, int64_t value) { text += std::string(",\"") + key + "\":" + std::to_string(value); };
  const Kind kind = kind_of(call.op);
  if (call.type != MPI_DATATYPE_NULL) add("bytes", bytes_of(call));
  if (kind == Kind::send || kind == Kind::recv || kind == Kind::sendrecv) {
    add("peer", call.communicator->world_rank(call.peer));
    add("tag", call.tag);
  }
  if (kind == Kind::sendrecv) add("source", call.communicator->world_rank(call.source));
  if (kind == Kind::collective && call.peer != MPI_PROC_NULL) add("root", call.peer);
  return text;
}

std::string event_text(const Event& event, const Conversion& rank_0_time) {
  const int64_t begin = rank_0_time(event.begin), end = rank_0_time(event.end);
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, R"("ph":"X","pid":%d,"tid":%d,"ts":%.3f,"dur":%.3f)", event.row, rank, 1e-3 * double(begin),
                1e-3 * double(end - begin));
  return "{\"name\":\"" + name_text(event) + "\",\"cat\":\"" + category(event) + "\"," + numbers +
         ",\"args\":{" + arguments(event.call) + "}},\n";
}

std::string text_of_this_rank(const Conversion& rank_0_time) {
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  const std::string number = std::to_string(rank);
  std::string text;
  int rows = 0;
  for (const Event& event : recorded_trace().events) rows = std::max(rows, event.row);
  for (int row = 0; row <= rows; ++row) {
    const std::string begin = "\"ph\":\"M\",\"pid\":" + std::to_string(row) + ",";
    if (row > 0) text += "{\"name\":\"process_name\"," + begin + "\"args\":{\"name\":\"GPUs, stream " + std::to_string(row) + "\"}},\n";
    text += "{\"name\":\"thread_name\"," + begin + "\"tid\":" + number + ",\"args\":{\"name\":\"rank " + number + " on " + host + "\"}},\n";
  }
  for (const Event& event : recorded_trace().events) text += event_text(event, rank_0_time);
  return text;
}

// ---- one file ----

constexpr size_t chunk = 1 << 20;

void send_text(const std::string& text) {
  int64_t length = int64_t(text.size());
  transfer(&length, sizeof length, 0, true);
  for (size_t at = 0; at < text.size(); at += chunk)
    transfer(const_cast<char*>(text.data() + at), int(std::min(chunk, text.size() - at)), 0, true);
}

void copy_text(int source, FILE* file) {
  int64_t left = 0;
  transfer(&left, sizeof left, source, false);
  for (std::vector<char> part(chunk); left > 0; left -= int64_t(chunk)) {
    const int now = int(std::min(left, int64_t(chunk)));
    transfer(part.data(), now, source, false);
    if (file) std::fwrite(part.data(), 1, size_t(now), file);
  }
}

void write_file(const std::string& name, const std::string& mine) {
  const std::string part = name_while_written(name);
  FILE* file = std::fopen(part.c_str(), "w");
  if (file) std::fprintf(file, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n%s", mine.c_str());
  for (int source = 1; source < size; source++) copy_text(source, file);
  bool good = file != nullptr;
  if (file) std::fprintf(file, "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":0,\"args\":{\"name\":\"MPI ranks\"}}\n]}\n");
  if (file) good = std::ferror(file) == 0;
  if (file) good = std::fclose(file) == 0 && good;
  if (!good || (part != name && std::rename(part.c_str(), name.c_str()) != 0))
    std::fprintf(stderr, "guard: %s: the trace could not be written\n", name.c_str());
}

}  // namespace

void start_trace(MPI_Comm communicator, MPI_Comm node) {
  own = communicator;
  PMPI_Comm_rank(own, &rank);
  PMPI_Comm_size(own, &size);
  find_shared_clock(communicator, node);
  at_start = compare_clocks();
  const char* file = std::getenv("GUARD_TRACE");
  if (file && *file) trace_begin(file);
}

void write_trace() {
  if (!over_ranks(MPI_MAX, tracing, own)) return;  // on no rank
  tracing = false;
  const Clock at_end = compare_clocks();
  const std::string text = text_of_this_rank(Conversion(at_start, at_end));
  if (recorded_trace().dropped > 0)
    std::fprintf(stderr, "guard: rank %d: the trace lacks its last %lld events\n", rank, (long long)recorded_trace().dropped);
  if (rank == 0)
    write_file(recorded_trace().file, text);
  else
    send_text(text);
}

}  // namespace guard

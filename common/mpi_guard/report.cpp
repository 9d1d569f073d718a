// See report.h. Everything here runs in the helper thread while the rank's own thread stands in an MPI call, so
// what it reads does not change; the caller checks afterwards that the rank has not moved.
#include "common/mpi_guard/report.h"

#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/datatypes.h"
#include "common/mpi_guard/page.h"
#include "common/mpi_guard/requests.h"
#include "common/mpi_guard/source_line.h"

namespace guard {
namespace {

// Places are asked for one after another, and resolved together at the end.
class Places {
 public:
  void fill_later(Place* place, const void* address) {
    wanted_.push_back(place);
    addresses_.push_back(address);
  }
  void fill() {
    const std::vector<Place> found = source_lines(addresses_);
    for (size_t i = 0; i < wanted_.size(); i++) *wanted_[i] = found[i];
  }

 private:
  std::vector<Place*> wanted_;
  std::vector<const void*> addresses_;
};

int world_rank(const Call& call, int member) { return member < 0 || !call.communicator ? member : call.communicator->world_rank(member); }

uint64_t id_of(const Call& call) { return call.communicator ? call.communicator->id : 0; }

int64_t bytes_of(int64_t count, MPI_Datatype type) {
  const int64_t size = size_if_known(type);
  return size < 0 ? -1 : count * size;
}

// What a send, a receive, a collective or a request waits for: none for a message to or from MPI_PROC_NULL.
void add_want(RankReport& report, const Call& call, Want::What what, int peer, int tag, Places& places) {
  if (report.want_count == RankReport::max_wants || peer == MPI_PROC_NULL) return;
  Want& want = report.wants[report.want_count++];
  want = {what, world_rank(call, peer), tag, id_of(call), call.op, {}};
  places.fill_later(&want.where, call.where);
}

void add_wants_of(RankReport& report, const Call& call, Places& places) {
  const Kind kind = kind_of(call.op);
  const bool exchange = kind == Kind::sendrecv;
  if (exchange) add_want(report, call, Want::message, call.source, call.source_tag, places);
  if (kind == Kind::recv) add_want(report, call, Want::message, call.peer, call.tag, places);
  if (kind == Kind::send || exchange) add_want(report, call, Want::receiver, call.peer, call.tag, places);
  if (kind == Kind::collective) add_want(report, call, Want::members, MPI_ANY_SOURCE, 0, places);
  if (kind == Kind::lock) add_want(report, call, Want::lock, MPI_ANY_SOURCE, 0, places);
}

// The requests of an MPI_Wait* that are not known to be complete.
std::vector<const Call*> open_requests(const Call& call) {
  std::vector<const Call*> open;
  const uint64_t complete = call.op == Op::waitall ? complete_in_waitall : 0;
  for (int i = 0; i < call.request_count; i++) {
    if (call.requests[i] == MPI_REQUEST_NULL || (i < 64 && (complete >> i & 1))) continue;
    if (const Call* begun = requests.find(call.requests[i])) open.push_back(begun);
  }
  return open;
}

// The communicator whose history is compared: the call's own, or that of the first collective request.
const Call* collective_of(const Call& call, const std::vector<const Call*>& open) {
  if (kind_of(call.op) == Kind::collective) return &call;
  for (const Call* request : open)
    if (kind_of(request->op) == Kind::collective) return request;
  return nullptr;
}

void add_history(RankReport& report, const Communicator& communicator, Places& places) {
  report.communicator = communicator.id;
  std::snprintf(report.communicator_name, sizeof report.communicator_name, "%s", communicator.name.c_str());
  for (int rank : communicator.world_ranks)
    if (rank >= 0 && rank < max_ranks) report.members.set(rank);
  const uint32_t last = communicator.collectives;
  const uint32_t first = last > RankReport::max_past ? last - RankReport::max_past + 1 : 1;
  for (uint32_t number = first; number <= last; number++) {
    const PastCall& past = communicator.past[number % Communicator::remembered];
    ReportedCollective& reported = report.past[report.past_count++];
    reported = {past.op, number, past.root, bytes_of(past.count, past.type), {}};
    places.fill_later(&reported.where, past.where);
  }
}

void add_sends(RankReport& report, Places& places) {
  const unsigned known = std::min(last_sends.count, LastSends::size);
  for (unsigned i = 0; i < known; i++) {
    const LastSends::Sent& sent = last_sends.sent[(last_sends.count - 1 - i) % LastSends::size];
    ReportedSend& reported = report.sends[report.send_count++];
    reported = {sent.communicator->world_rank(sent.peer), sent.tag, sent.communicator->id, {}};
    places.fill_later(&reported.where, sent.where);
  }
}

std::string rank_text(int rank) {
  if (rank == MPI_ANY_SOURCE) return "any rank";
  if (rank == MPI_PROC_NULL) return "MPI_PROC_NULL";
  return "rank " + std::to_string(rank);
}

std::string tag_text(int tag) { return tag == MPI_ANY_TAG ? "any tag" : "tag " + std::to_string(tag); }

std::string name_text(const Call& call) { return call.communicator ? call.communicator->name : "its communicator"; }

std::string amount_text(const Call& call) {
  if (call.type == MPI_DATATYPE_NULL) return "";
  return ", " + std::to_string(call.count) + " x " + name_of(call.type);
}

std::string in_words(const Call& call) {
  const std::string name = name_of(call.op), on = ", " + name_text(call);
  const auto side = [&](const char* direction, int rank, int tag) {
    return direction + rank_text(world_rank(call, rank)) + ", " + tag_text(tag);
  };
  switch (kind_of(call.op)) {
    case Kind::send:
      return name + side(" to ", call.peer, call.tag) + on + amount_text(call);
    case Kind::recv:
      return name + side(" from ", call.peer, call.tag) + on + amount_text(call);
    case Kind::sendrecv:
      return name + side(" to ", call.peer, call.tag) + side(", from ", call.source, call.source_tag) + on + amount_text(call);
    case Kind::collective: {
      const std::string root = roots_agree(call.op) ? ", root " + std::to_string(call.peer) : "";
      return name + ", collective number " + std::to_string(call.number) + " on " + name_text(call) + root + amount_text(call);
    }
    case Kind::lock:
      return name + (call.peer >= 0 ? " on the window of " + rank_text(world_rank(call, call.peer)) : "") + on;
    case Kind::finalize:
      return name + ": it has nothing more to do";
    default:
      return name;
  }
}

std::string requests_in_words(const Call& call, const std::vector<const Call*>& open) {
  int active = 0;
  for (int i = 0; i < call.request_count; i++) active += call.requests[i] != MPI_REQUEST_NULL;
  std::string text = std::string(name_of(call.op)) + " on " + std::to_string(active) + " request" + (active == 1 ? "" : "s");
  for (size_t i = 0; i < std::min(open.size(), size_t(4)); i++) text += (i ? "; " : ": ") + in_words(*open[i]);
  return open.size() > 4 ? text + "; ..." : text;
}

}  // namespace

void write_report(RankReport& report) {
  report = RankReport{};
  report.world_rank = slot->world_rank;
  report.finished = slot->phase.load() == Phase::finalized;
  const Call call = slot->call;
  report.op = call.op;
  report.finished = report.finished || call.op == Op::finalize;
  report.progress_count = collective_progress(report.progress, RankReport::max_progress);
  Places places;
  Place here{};
  if (!report.finished) places.fill_later(&here, call.where);
  const std::vector<const Call*> open = report.finished ? std::vector<const Call*>{} : open_requests(call);
  report.any = call.op == Op::waitany || call.op == Op::waitsome;
  add_wants_of(report, call, places);
  for (const Call* request : open) add_wants_of(report, *request, places);
  const Call* collective = collective_of(call, open);
  if (collective) report.number = collective->number;
  const Communicator* told = collective ? collective->communicator : last_used_for_collectives;
  if (told) add_history(report, *told, places);
  add_sends(report, places);
  places.fill();
  const std::string words = kind_of(call.op) == Kind::wait ? requests_in_words(call, open) : in_words(call);
  std::snprintf(report.line, sizeof report.line, "%s%s%s", words.c_str(), here.text[0] ? ", at " : "", here.text);
}

}  // namespace guard

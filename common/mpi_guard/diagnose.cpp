// See diagnose.h. Every rank waits; the question is whether what it waits for can still come.
//
// A want is *met* when its partner stands in the matching call: the bytes are under way. A rank is *free* when
// its wants are met, or will be once other free ranks go on. If no rank is free, nothing will ever move.
#include "common/mpi_guard/diagnose.h"

#include <mpi.h>

#include <algorithm>
#include <map>

namespace guard {
namespace {

using Reports = std::vector<RankReport>;

std::string rank_text(int rank) { return "rank " + std::to_string(rank); }

std::string at(const Place& place) { return place.text[0] ? std::string(" (") + place.text + ")" : ""; }

std::string list(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < std::min(ranks.size(), size_t(16)); i++) text += (i ? ", " : "") + std::to_string(ranks[i]);
  return ranks.size() > 16 ? text + ", ..." : text;
}

bool tags_match(int receive, int send) { return receive == MPI_ANY_TAG || receive == send; }

// Whether `receive`, wanted by rank `receiver`, takes what `send`, wanted by rank `sender`, offers.
bool fits(const Want& receive, int receiver, const Want& send, int sender) {
  return receive.what == Want::message && send.what == Want::receiver && receive.communicator == send.communicator &&
         (receive.peer == sender || receive.peer == MPI_ANY_SOURCE) && send.peer == receiver && tags_match(receive.tag, send.tag);
}

bool offers_partner(const Reports& all, const Want& want, int rank, int other) {
  const RankReport& report = all[other];
  return std::any_of(report.wants, report.wants + report.want_count,
                     [&](const Want& theirs) { return fits(want, rank, theirs, other) || fits(theirs, other, want, rank); });
}

uint32_t collectives_begun(const RankReport& report, uint64_t communicator) {
  for (int i = 0; i < report.progress_count; i++)
    if (report.progress[i].communicator == communicator) return report.progress[i].collectives;
  return report.progress_count < RankReport::max_progress ? 0 : UINT32_MAX;  // one that it has no room to tell of
}

// The ranks that a want still needs. `one_is_enough`: any of them would do.
struct Needed {
  bool met = false;
  bool one_is_enough = false;
  bool seems_sent = false;  // a message that its sender remembers: it may well be here
  std::vector<int> ranks;
};

bool seems_sent(const Reports& all, const Want& want, int receiver) {
  if (want.what != Want::message || want.peer < 0 || want.peer >= int(all.size())) return false;
  const RankReport& sender = all[want.peer];
  return std::any_of(sender.sends, sender.sends + sender.send_count, [&](const ReportedSend& sent) {
    return sent.peer == receiver && sent.communicator == want.communicator && tags_match(want.tag, sent.tag);
  });
}

Needed needed_members(const Reports& all, int rank) {
  Needed needed;
  for (int other = 0; other < int(all.size()); other++)
    if (other != rank && all[rank].members.test(other) && collectives_begun(all[other], all[rank].communicator) < all[rank].number)
      needed.ranks.push_back(other);
  needed.met = needed.ranks.empty();
  return needed;
}

Needed needed_by(const Reports& all, int rank, const Want& want) {
  Needed needed;
  if (want.what == Want::members) return needed_members(all, rank);
  if (want.what != Want::lock && want.peer != MPI_ANY_SOURCE) {
    needed.ranks = {want.peer};
  } else {
    needed.one_is_enough = true;
    for (int other = 0; other < int(all.size()); other++)
      if (want.what == Want::message || other != rank) needed.ranks.push_back(other);
  }
  needed.seems_sent = seems_sent(all, want, rank);
  for (int other : needed.ranks)
    if (other >= 0 && other < int(all.size()) && offers_partner(all, want, rank, other)) needed.met = true;
  return needed;
}

// All that each rank needs. A rank in MPI_Finalize needs all others to get there.
class Needs {
 public:
  explicit Needs(const Reports& all) : all_(all), needs_(all.size()) {
    for (int rank = 0; rank < size(); rank++) {
      if (all[rank].finished)
        needs_[rank].push_back(for_finalize());
      else
        for (int i = 0; i < all[rank].want_count; i++) needs_[rank].push_back(needed_by(all, rank, all[rank].wants[i]));
    }
    find_free();
  }

  int size() const { return int(all_.size()); }
  const std::vector<Needed>& of(int rank) const { return needs_[rank]; }
  bool none_is_free() const {
    return std::none_of(free_.begin(), free_.end(), [](bool free) { return free; });
  }

  // The first rank that this one needs, or -1. A message that seems to be sent is the last to be blamed.
  int first(int rank) const {
    int found = -1;
    for (const Needed& needed : needs_[rank]) {
      if (needed.met || needed.ranks.empty() || (needed.one_is_enough && needed.ranks.size() > 1)) continue;
      if (!needed.seems_sent) return needed.ranks[0];
      if (found < 0) found = needed.ranks[0];
    }
    return found;
  }

 private:
  Needed for_finalize() const {
    Needed needed;
    for (int rank = 0; rank < size(); rank++)
      if (!all_[rank].finished) needed.ranks.push_back(rank);
    needed.met = needed.ranks.empty();
    return needed;
  }

  bool may_come(int rank, const Needed& needed) const {
    const auto helps = [&](int other) {
      return other >= 0 && other < size() && free_[other] && (!all_[other].finished || all_[rank].finished);
    };
    if (needed.met) return true;
    if (needed.one_is_enough) return std::any_of(needed.ranks.begin(), needed.ranks.end(), helps);
    return std::all_of(needed.ranks.begin(), needed.ranks.end(), helps);
  }

  bool is_free(int rank) const {
    const auto comes = [&](const Needed& needed) { return may_come(rank, needed); };
    const auto& needs = needs_[rank];
    if (all_[rank].any && !needs.empty()) return std::any_of(needs.begin(), needs.end(), comes);
    return std::all_of(needs.begin(), needs.end(), comes);  // a rank whose wants are unknown counts as free
  }

  void find_free() {
    free_.assign(all_.size(), false);
    for (bool changed = true; changed;) {
      changed = false;
      for (int rank = 0; rank < size(); rank++)
        if (!free_[rank] && is_free(rank)) changed = free_[rank] = true;
    }
  }

  const Reports& all_;
  std::vector<std::vector<Needed>> needs_;
  std::vector<bool> free_;
};

// ---- collectives that do not agree ----

const ReportedCollective* collective_number(const RankReport& report, uint32_t number) {
  for (int i = 0; i < report.past_count; i++)
    if (report.past[i].number == number) return &report.past[i];
  return nullptr;
}

// Groups the ranks by what they say of one thing; more than one group is a mismatch.
struct Versions {
  std::map<std::string, std::vector<int>> ranks;
  std::map<std::string, Place> example;
  void add(const std::string& version, int rank, const Place& place) {
    ranks[version].push_back(rank);
    example.emplace(version, place);
  }
  std::string in_words() const {
    std::string text;
    for (const auto& [version, members] : ranks)
      text += (text.empty() ? "" : "; ") + list(members) + ": " + version + at(example.at(version));
    return text;
  }
};

// What is different about collective `number` on the communicator of `ranks`; empty if they agree.
std::string difference(const Reports& all, const std::vector<int>& ranks, uint32_t number) {
  Versions calls, roots, sizes;
  for (int rank : ranks) {
    const ReportedCollective* past = collective_number(all[rank], number);
    if (!past) continue;
    const std::string name = name_of(past->op);
    calls.add(name, rank, past->where);
    if (roots_agree(past->op)) roots.add(name + " with root " + std::to_string(past->root), rank, past->where);
    if (bytes_agree(past->op) && past->bytes >= 0) sizes.add(name + " of " + std::to_string(past->bytes) + " bytes", rank, past->where);
  }
  const std::string which =
      "collective number " + std::to_string(number) + " on " + all[ranks[0]].communicator_name;
  if (calls.ranks.size() > 1) return which + " is not the same call on all ranks. " + calls.in_words();
  if (roots.ranks.size() > 1) return which + " has different roots. " + roots.in_words();
  if (sizes.ranks.size() > 1) return which + " has different sizes. " + sizes.in_words();
  return "";
}

// ---- why no rank is free ----

void explain_missing_members(const Reports& all, const Needs& needs, Diagnosis& found) {
  for (int rank = 0; rank < int(all.size()); rank++) {
    if (all[rank].finished || all[rank].number == 0) continue;
    for (const Needed& needed : needs.of(rank)) {
      if (needed.met || needed.one_is_enough) continue;
      found.lines.push_back("missing: collective number " + std::to_string(all[rank].number) + " on " +
                            all[rank].communicator_name + " waits for " + list(needed.ranks));
      return;  // the other members would say the same
    }
  }
}

void explain_finished_partner(const Reports& all, const Needs& needs, Diagnosis& found) {
  for (int rank = 0; rank < int(all.size()); rank++) {
    const int other = needs.first(rank);
    if (all[rank].finished || other < 0 || other >= int(all.size()) || !all[other].finished) continue;
    found.lines.push_back("finished: " + rank_text(rank) + " waits for " + rank_text(other) +
                          ", which is already in MPI_Finalize");
  }
}

std::string other_send(const Want& want, int tag, uint64_t communicator, const Place& where) {
  if (communicator != want.communicator) return "on another communicator" + at(where);
  return "with tag " + std::to_string(tag) + at(where);
}

// A receive whose sender has sent to this rank, but something else: with another tag, on another communicator.
void explain_other_message(const Reports& all, Diagnosis& found) {
  for (int rank = 0; rank < int(all.size()); rank++) {
    for (int i = 0; i < all[rank].want_count; i++) {
      const Want& want = all[rank].wants[i];
      if (want.what != Want::message || want.peer < 0 || want.peer >= int(all.size())) continue;
      const RankReport& sender = all[want.peer];
      const ReportedSend* end = sender.sends + sender.send_count;
      const ReportedSend* sent =
          std::find_if(sender.sends, end, [&](const auto& s) { return s.peer == rank; });
      if (sent == end || (sent->communicator == want.communicator && tags_match(want.tag, sent->tag)))
        continue;
      found.lines.push_back("mismatch: " + rank_text(rank) + " waits for tag " + std::to_string(want.tag) +
                            " from " + rank_text(want.peer) + ", whose last send to it was " +
                            other_send(want, sent->tag, sent->communicator, sent->where));
    }
  }
}

bool sends(const RankReport& report) { return report.want_count == 1 && report.wants[0].what == Want::receiver; }

bool receives(const RankReport& report) { return report.want_count == 1 && report.wants[0].what == Want::message; }

std::string advice(const Reports& all, const std::vector<int>& cycle) {
  if (cycle.size() == 1) return "";
  const auto every = [&](bool (*what)(const RankReport&)) {
    return std::all_of(cycle.begin(), cycle.end(), [&](int rank) { return what(all[rank]); });
  };
  if (every(sends)) return ". Each of them sends before it receives: let one receive first, or use MPI_Sendrecv";
  if (every(receives)) return ". Each of them receives before it sends";
  return "";
}

// Follows "needs" from each rank until it closes.
void explain_cycle(const Reports& all, const Needs& needs, Diagnosis& found) {
  for (int start = 0; start < int(all.size()); start++) {
    std::vector<int> path;
    int rank = start;
    while (rank >= 0 && rank < int(all.size()) && std::find(path.begin(), path.end(), rank) == path.end()) {
      if (all[rank].finished) break;
      path.push_back(rank);
      rank = needs.first(rank);
    }
    if (path.empty() || rank != start) continue;
    std::string line = "deadlock: ";
    for (size_t i = 0; i < path.size(); i++)
      line += (i ? ", " : "") + rank_text(path[i]) + " waits for " + (path.size() == 1 ? "itself" : rank_text(path[(i + 1) % path.size()]));
    found.lines.push_back(line + advice(all, path));
    return;
  }
}

void explain_any_source(const Reports& all, Diagnosis& found) {
  if (!found.lines.empty()) return;
  std::vector<int> waiting;
  for (const RankReport& report : all)
    for (int i = 0; i < report.want_count; i++)
      if (report.wants[i].what == Want::message && report.wants[i].peer == MPI_ANY_SOURCE)
        waiting.push_back(report.world_rank);
  if (!waiting.empty())
    found.lines.push_back("deadlock: " + list(waiting) +
                          " would take a message from any rank, but no rank can send");
}

}  // namespace

std::vector<std::string> collective_mismatches(const Reports& all) {
  std::vector<std::string> lines;
  std::map<uint64_t, std::vector<int>> ranks_on;
  for (const RankReport& report : all)
    if (report.past_count > 0) ranks_on[report.communicator].push_back(report.world_rank);
  for (const auto& [communicator, ranks] : ranks_on) {
    uint32_t first = UINT32_MAX, last = 0;
    for (int rank : ranks) {
      first = std::min(first, all[rank].past[0].number);
      last = std::max(last, all[rank].past[all[rank].past_count - 1].number);
    }
    for (uint32_t number = first; number <= last; number++) {
      const std::string line = difference(all, ranks, number);
      if (line.empty()) continue;
      lines.push_back("mismatch: " + line);
      break;  // what follows the first difference follows from it
    }
  }
  return lines;
}

Diagnosis diagnose(const std::vector<RankReport>& reports) {
  Diagnosis found;
  found.lines = collective_mismatches(reports);
  found.certain = !found.lines.empty();
  const Needs needs(reports);
  if (!needs.none_is_free()) return found;
  found.certain = true;
  if (found.lines.empty()) explain_missing_members(reports, needs, found);
  explain_finished_partner(reports, needs, found);
  explain_other_message(reports, found);
  explain_cycle(reports, needs, found);
  explain_any_source(reports, found);
  return found;
}

}  // namespace guard

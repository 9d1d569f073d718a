// See alarm.h.
#include "common/mpi_guard/alarm.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

#include "common/mpi_guard/diagnose.h"
#include "common/mpi_guard/nodes.h"
#include "common/mpi_guard/wait.h"

namespace guard {
namespace {

// A run whose calls fit together may only be slow. It is given this many times the patience.
constexpr double benefit_of_doubt = 6;
constexpr double seconds_for_answers = 20;  // addr2line on a crowded machine

std::string verdict_text(double stood, const std::vector<RankReport>& reports, const Diagnosis& found) {
  char first[160];
  std::snprintf(first, sizeof first, "guard: no rank has moved for %.0f s, and every rank waits:\n", stood);
  std::string text = first;
  for (const RankReport& report : reports)
    text += "guard:   rank " + std::to_string(report.world_rank) + ": " + report.line + "\n";
  for (const std::string& line : found.lines) text += "guard: " + line + "\n";
  if (found.lines.empty())
    text += "guard: the calls fit together; it may be a very slow transfer, or MPI itself\n";
  return text + "guard: ending the job with exit status 86 (GUARD_TIMEOUT=0 turns this watchdog off)\n";
}

}  // namespace

double (*now)() = [] { return 1e-9 * double(now_ns()); };

thread_local bool is_helper_thread = false;

void answer_question(Page& page) {
  const uint64_t question = page.question.load();
  if (slot->answered.load() == question) return;
  write_report(slot->report);
  slot->answered = question;
}

std::vector<RankReport> ask_node(Page& page, double seconds) {
  const uint64_t question = ++page.question;
  if (is_helper_thread) answer_question(page);
  const double end = now() + seconds;
  std::vector<RankReport> reports;
  for (int i = 0; i < page.ranks; i++) {
    Slot& asked = page.slots[i];
    while (asked.answered.load() < question && now() < end) {
      const timespec pause{0, 10'000'000};
      nanosleep(&pause, nullptr);
    }
    if (asked.answered.load() >= question) reports.push_back(asked.report);
  }
  return reports;
}

// Seconds in which this thread had its turn. A job that is suspended (Ctrl-Z, then fg) or a machine that has no time for
// us lets the clock run on, but that is nobody's deadlock.
double Alarm::awake() {
  constexpr double longest_nap = 1;
  const double time = now();
  awake_ += std::min(time - looked_, longest_nap);
  looked_ = time;
  return awake_;
}

// Notes when everything last moved.
bool Alarm::still_standing() {
  std::vector<NodeState> states = states_of_other_nodes();
  states.push_back({page_.everyone_waits(), page_.sum_of_moves()});
  std::vector<uint64_t> moves;
  bool all_wait = true;
  for (const NodeState& state : states) {
    all_wait = all_wait && state.everyone_waits;
    moves.push_back(state.moves);
  }
  if (!all_wait || moves != moves_) {
    moves_ = std::move(moves);
    stands_since_ = 0;
    return false;
  }
  if (stands_since_ == 0) {
    stands_since_ = awake_;
    next_question_ = stands_since_ + patience_;
  }
  return true;
}

std::vector<RankReport> Alarm::ask_all() {
  std::vector<RankReport> reports = ask_other_nodes(seconds_for_answers);
  for (const RankReport& report : ask_node(page_, seconds_for_answers)) reports.push_back(report);
  std::sort(reports.begin(), reports.end(), [](auto& a, auto& b) { return a.world_rank < b.world_rank; });
  return reports;
}

std::string Alarm::look() {
  if (!is_first_node()) {
    tell_first_node({page_.everyone_waits(), page_.sum_of_moves()}, page_);
    return "";
  }
  const double time = awake();
  if (patience_ <= 0 || !still_standing() || time < next_question_) return "";
  const double stood = time - stands_since_;
  const std::vector<RankReport> reports = ask_all();
  // Whoever moved while it was asked is not stuck, and what it said of itself may be mixed.
  if (int(reports.size()) != ranks_in_job() || !still_standing()) return "";
  next_question_ = awake() + patience_;
  const Diagnosis found = diagnose(reports);
  return found.certain || stood > benefit_of_doubt * patience_ ? verdict_text(stood, reports, found) : "";
}

}  // namespace guard

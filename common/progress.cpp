#include "common/progress.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// TERM=dumb: one that cannot draw a line again, or none: Open MPI gives ranks a terminal although what they say goes to a file.
bool can_draw() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(kind && std::strcmp(kind, "dumb") == 0);
}

}  // namespace

Progress::Progress(size_t total, size_t per_step, bool wanted)
    : total_(total), per_step_(per_step), visible_(wanted && can_draw()) {}

void Progress::step(const std::string& text) {
  ++done_;
  const double now = timer_.seconds();
  if (!visible_ || (now - last_drawn_ < 0.1 && done_ != total_)) return;
  last_drawn_ = now;
  drawn_ = true;

  constexpr int width = 24;
  const int filled = int(width * done_ / total_);
  const std::string bar = std::string(size_t(filled), '=') + std::string(size_t(width - filled), ' ');
  char rate[40] = "";
  if (per_step_ > 0) std::snprintf(rate, sizeof rate, "%.0f samples/s  ", double(done_) * double(per_step_) / now);
  const double remaining = now / double(done_) * double(total_ - done_);
  std::printf("\r[%s] %3d %%  %s  %s%.0f s left \033[K", bar.c_str(), int(100 * done_ / total_), text.c_str(), rate,
              remaining);
  std::fflush(stdout);
}

void Progress::clear() {
  if (drawn_) std::printf("\r\033[K");
  std::fflush(stdout);
  drawn_ = false;
}

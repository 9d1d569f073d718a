#include "common/run_record.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/error.h"

namespace {

// The lines of an older record up to this step.
std::string lines_up_to(size_t step, const std::string& file) {
  if (step == 0) return "";
  std::ifstream in(file);
  std::string lines, line;
  std::getline(in, line);  // the names of the columns
  while (std::getline(in, line) && std::strtoull(line.c_str(), nullptr, 10) <= step) lines += line + "\n";
  return lines;
}

}  // namespace

RunRecord::RunRecord(const std::string& file, size_t steps_before) : file_(file) {
  if (file_.empty()) return;
  const std::string before = lines_up_to(steps_before, file_);
  out_.open(file_);
  if (!out_) throw Error(file_ + ": cannot write the log: " + std::strerror(errno));
  out_ << "step,loss,accuracy,samples_per_second\n" << before;
}

void RunRecord::add(size_t step, double loss, double accuracy, double samples_per_second) {
  if (file_.empty()) return;
  out_.precision(9);
  out_ << step << ',' << loss << ',';
  if (accuracy >= 0) out_ << accuracy;
  out_ << ',' << samples_per_second << std::endl;
  if (!out_) throw Error(file_ + ": cannot write the log: " + std::strerror(errno));
}

#include "common/run_record.h"

#include <cerrno>
#include <cstring>

#include "common/error.h"

RunRecord::RunRecord(const std::string& file) : file_(file) {
  if (file_.empty()) return;
  out_.open(file_);
  if (!out_) throw Error(file_ + ": cannot write the log: " + std::strerror(errno));
  out_ << "step,loss,accuracy,samples_per_second\n";
}

void RunRecord::add(size_t step, double loss, double accuracy, double samples_per_second) {
  if (file_.empty()) return;
  out_.precision(9);
  out_ << step << ',' << loss << ',';
  if (accuracy >= 0) out_ << accuracy;
  out_ << ',' << samples_per_second << std::endl;
  if (!out_) throw Error(file_ + ": cannot write the log: " + std::strerror(errno));
}

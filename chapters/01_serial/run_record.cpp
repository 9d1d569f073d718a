#include "chapters/01_serial/run_record.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/error.h"

namespace {

const std::string columns = "step,loss,accuracy,samples_per_second";

// How many bytes at the beginning of an older record are whole lines up to this step; 0: none, not even the first line.
size_t bytes_up_to(size_t step, const std::string& file) {
  if (step == 0 || !std::filesystem::is_regular_file(file)) return 0;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  if (in.eof() && columns.starts_with(line)) return 0;
  if (line != columns) throw Error(file + ": cannot be continued, its first line is not " + columns);
  size_t bytes = line.size() + 1;
  while (std::getline(in, line) && !in.eof() && std::strtoull(line.c_str(), nullptr, 10) <= step) bytes += line.size() + 1;
  return bytes;
}

}  // namespace

RunRecord::RunRecord(const std::string& file, size_t steps_before) : file_(file) {
  if (file_.empty()) return;
  const size_t before = bytes_up_to(steps_before, file_);
  std::error_code error;
  if (before > 0) std::filesystem::resize_file(file_, before, error);
  if (error) throw Error(file_ + ": cannot write the log: " + error.message());
  out_.open(file_, before > 0 ? std::ios::app : std::ios::trunc);
  if (!out_) throw Error(file_ + ": cannot write the log: " + std::strerror(errno));
  if (before == 0) out_ << columns << '\n';
}

void RunRecord::add(size_t step, double loss, double accuracy, double samples_per_second) {
  if (file_.empty()) return;
  out_.precision(9);
  out_ << step << ',' << loss << ',';
  if (accuracy >= 0) out_ << accuracy;
  out_ << ',' << samples_per_second << std::endl;
  if (!out_) throw Error(file_ + ": cannot write the log: " + std::strerror(errno));
}

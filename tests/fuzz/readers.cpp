// What libFuzzer feeds: any bytes, as a checkpoint's header, as a pair of IDX files and as the record of a search. Each reader refuses them
// in one line that names the file, or reads what its writer would write; the sanitizers watch. Where bytes have a check, the first byte of
// the input says whether it is made right here: no search guesses 64 bits, and what lies behind the check is to be reached, too.
//
// TARGET: header, images or record (see tests/fuzz/run).
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "chapters/12_restart/checkpoint_header.h"
#include "chapters/14_search/search_journal.h"
#include "common/error.h"
#include "common/hash.h"
#include "tests/mutations.h"

namespace {

// A file in memory: its name lasts as long as this.
class File {
 public:
  explicit File(const std::string& bytes) : descriptor_(memfd_create("input", 0)) {
    if (descriptor_ < 0 || write(descriptor_, bytes.data(), bytes.size()) != ssize_t(bytes.size())) std::abort();
  }
  ~File() { close(descriptor_); }
  std::string name() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void require(bool right, const std::string& what) {
  if (right) return;
  std::fprintf(stderr, "not as the contract says: %s\n", what.c_str());
  std::abort();
}

// Its own error, in one line; any other exception ends the program.
template <class F>
bool refused(const std::string& file, F read) try {
  read();
  return false;
} catch (const Error& error) {
  const std::string text = error.what();
  require(text.starts_with(file) && in_one_line(text), text);
  return true;
}

std::string check_of(const std::string& text) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", (unsigned long long)hash_text(text));
  return digits;
}

[[maybe_unused]] void header(bool checked, std::string text) {
  if (checked) text = "mlp checkpoint 3\nchecksum of header " + check_of(text) + "\n" + text;
  if (checked && text.size() < CheckpointHeader::bytes) text.resize(CheckpointHeader::bytes, '\n');
  refused("file: ", [&] {
    const CheckpointHeader read = parse_checkpoint_header(text, "file");
    require(to_bytes(read) == text, "another header");
    require(read.numbers() > 0 && read.numbers() < size_t(1e15), "no file has so many numbers");
  });
}

// Both files in one input, the first of so many bytes as the first byte says.
[[maybe_unused]] void images(size_t first, const std::string& text) {
  first = std::min(first, text.size());
  const File images(text.substr(0, first)), labels(text.substr(first));
  Dataset data;
  if (refused("/proc/self/fd/", [&] { data = read_idx(images.name(), labels.name()); })) return;
  require(data.pixels.size() == data.count * data.features() && data.labels.size() == data.count, "sizes");
  require(std::ranges::all_of(data.labels, [&](size_t label) { return label < data.classes; }), "a label beyond its classes");
}

[[maybe_unused]] void record(bool checked, const std::string& text) {
  std::string bytes = text;
  if (checked) {  // each line but the first gets its check
    std::istringstream lines(text);
    bytes = "trial,rung,epochs,learning_rate,width,batch,seed,accuracy,loss,seconds,worker,check\n";
    for (std::string line; std::getline(lines, line);) bytes += line + "," + check_of(line) + "\n";
  }
  const std::vector<Trial> trials = {{0, 64, 32, 5, 0.25}, {1, 128, 16, 999, 0.5}};
  const File file(bytes);
  refused(file.name(), [&] {
    for (const Outcome& outcome : read_journal(file.name(), trials)) require(outcome.trial == 0 || outcome.trial == 1, "a trial that is none");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) TARGET(data[0], std::string(data + 1, data + size));
  return 0;
}

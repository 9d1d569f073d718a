// The CPU as a CUDA device. The little programs in tests/cuda_on_cpu/ are built in two ways, plain and for the checker,
// and run here in all three thread orders.
//   bugs/     must end with a status other than 0 and say the words of their first line:  // expect: words & words
//             (`a | b`: one of the two is enough). With a second line `// build: check` only the check build finds it.
//   correct/  compute the right thing, end with 0, and must be told nothing.
//   textbook/ the same, for programs as books and courses print them: nvcc takes them as they are, one feature each.
//   refused/  must not compile; the error has the words of their first line.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/full_disk.h"

namespace {

namespace fs = std::filesystem;

const char* const orders[] = {"ascending", "descending", "shuffled"};

std::string build_folder() {
  const char* folder = std::getenv("B");
  return std::string(folder ? folder : "build") + "/tests/cuda_on_cpu/";
}

std::vector<std::string> names(const std::string& kind) {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator("tests/cuda_on_cpu/" + kind))
    if (entry.path().extension() == ".cu") result.push_back(entry.path().stem());
  std::sort(result.begin(), result.end());
  return result;
}

struct Output {
  int status;
  std::string text;
};

Output run(const std::string& program, const std::string& order) {
  std::string command = "CUDA_ON_CPU_ORDER=" + order + " timeout 60 " + program + " 2>&1 </dev/null";
  FILE* pipe = popen(command.c_str(), "r");
  Output output{-1, ""};
  if (!pipe) return output;
  char buffer[4096];
  while (size_t bytes = std::fread(buffer, 1, sizeof buffer, pipe)) output.text.append(buffer, bytes);
  int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t begin = 0, end;
  while ((end = text.find(separator, begin)) != std::string::npos) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

struct Expectation {
  std::vector<std::string> words;
  bool plain = true;  // the plain build finds it, too
};

Expectation expectation(const std::string& file) {
  std::ifstream in(file);
  std::string first, second;
  std::getline(in, first);
  std::getline(in, second);
  const std::string mark = "// expect: ";
  EXPECT_EQ(first.substr(0, mark.size()), mark) << file;
  return {split(first.substr(std::min(first.size(), mark.size())), " & "), second != "// build: check"};
}

void expect_words(const std::vector<std::string>& all, const std::string& text) {
  EXPECT_FALSE(all.empty() || all[0].empty());
  for (const std::string& words : all) {
    bool found = false;
    for (const std::string& alternative : split(words, " | ")) found = found || text.find(alternative) != std::string::npos;
    EXPECT_TRUE(found) << "expected: " << words << "\nin:\n" << text;
  }
}

class Bug : public testing::TestWithParam<std::string> {};
TEST_P(Bug, IsFound) {
  Expectation expected = expectation("tests/cuda_on_cpu/bugs/" + GetParam() + ".cu");
  for (std::string build : {"plain", "check"}) {
    if (build == "plain" && !expected.plain) continue;
    for (const char* order : orders) {
      SCOPED_TRACE(build + ", " + order);
      Output output = run(build_folder() + build + "/bugs/" + GetParam(), order);
      EXPECT_GT(output.status, 0) << output.text;
      EXPECT_LT(output.status, 124) << "ended by the timeout or a signal\n" << output.text;
      expect_words(expected.words, output.text);
    }
  }
}

void expect_silent(const std::string& program) {
  for (std::string build : {"plain", "check"})
    for (const char* order : orders) {
      SCOPED_TRACE(build + ", " + order);
      Output output = run(build_folder() + build + "/" + program, order);
      EXPECT_EQ(output.status, 0) << output.text;
      EXPECT_FALSE(contains(output.text, "finding"));
    }
}

class Correct : public testing::TestWithParam<std::string> {};
TEST_P(Correct, IsSilent) { expect_silent("correct/" + GetParam()); }
class Textbook : public testing::TestWithParam<std::string> {};
TEST_P(Textbook, IsRight) { expect_silent("textbook/" + GetParam()); }

// The Makefile has compiled these already and kept what the compiler said; that one of them compiles stops make.
class Refused : public testing::TestWithParam<std::string> {};
TEST_P(Refused, SaysWhy) {
  std::ifstream in(build_folder() + "refused/" + GetParam() + ".txt");
  std::stringstream text;
  text << in.rdbuf();
  expect_words(expectation("tests/cuda_on_cpu/refused/" + GetParam() + ".cu").words, text.str());
}

auto name = [](const auto& info) { return info.param; };
INSTANTIATE_TEST_SUITE_P(Cuda, Bug, testing::ValuesIn(names("bugs")), name);
INSTANTIATE_TEST_SUITE_P(Cuda, Correct, testing::ValuesIn(names("correct")), name);
INSTANTIATE_TEST_SUITE_P(Cuda, Textbook, testing::ValuesIn(names("textbook")), name);
INSTANTIATE_TEST_SUITE_P(Cuda, Refused, testing::ValuesIn(names("refused")), name);

// What is said when a call is refused: where it stands, which call it is, and CUDA's name of the error. The program's text has them all.
TEST(Cuda, ARefusalNamesItsLineItsCallAndItsError) {
  const Output output = run(build_folder() + "plain/correct/errors", "ascending");
  const std::vector<std::string> said = split(output.text, "\n");
  const std::string file = "tests/cuda_on_cpu/correct/errors.cu", mark = "REFUSED(";
  std::ifstream in(file);
  int refused = 0, number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const size_t at = line.find(mark), comma = line.find(", cuda", at);
    if (line.starts_with("#define") || at == std::string::npos || comma == std::string::npos) continue;
    std::string error = line.substr(at + mark.size(), comma - at - mark.size());
    if (error == "no_handle") error = "cudaErrorInvalidResourceHandle";
    if (error == "cudaErrorStreamCaptureImplicit") continue;  // whatever the call is
    const std::string call = line.substr(comma + 2, line.find('(', comma) - comma - 2), begin = "cuda_on_cpu: " + file + ":" + std::to_string(number) + ": ";
    const auto names_it = [&](const std::string& text) {
      return text.starts_with(begin) && call.starts_with(text.substr(begin.size(), text.find(": ", begin.size()) - begin.size())) && text.ends_with(" (" + error + ")");
    };
    EXPECT_TRUE(std::any_of(said.begin(), said.end(), names_it)) << line << "\n" << output.text;
    ++refused;
  }
  EXPECT_GE(refused, 60);
  size_t asked = 0, used = 0, total = 0;
  for (const std::string& line : said)
    if (const size_t at = line.find("cudaMalloc: "); at != std::string::npos && used == 0)
      std::sscanf(line.c_str() + at, "cudaMalloc: %zu bytes asked for, %zu of %zu in use", &asked, &used, &total);
  EXPECT_EQ(asked, total - used + 1) << "a byte more than there is while something is in use";
  EXPECT_EQ(used, size_t{1} << 20);
}

TEST(Cuda, AnotherOrderIsRefused) {
  const Output output = run(build_folder() + "plain/textbook/vector_add", "random");
  EXPECT_EQ(output.status, 2);
  EXPECT_EQ(output.text, "cuda_on_cpu: CUDA_ON_CPU_ORDER=random: ascending, descending or shuffled\n");
  EXPECT_EQ(run(build_folder() + "plain/textbook/vector_add", "").status, 0) << "an empty word is none";
}

// Its result goes to a file or is printed; what it cannot read or write it names.
TEST(Cu2cpp, SaysWhatItCannotDo) {
  const char* folder = std::getenv("B");
  const std::string program = std::string(folder ? folder : "build") + "/cu2cpp", file = "tests/cuda_on_cpu/correct/bytes.cu";
  const std::string usage = "\nusage: cu2cpp FILE.cu [-o FILE.cpp]\n";
  const Output none = run(program, ""), missing = run(program + " /no/such.cu", ""), without_name = run(program + " " + file + " -o", "");
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.text, "cu2cpp: cannot read ''" + usage);
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.text, "cu2cpp: cannot read '/no/such.cu'" + usage);
  EXPECT_EQ(without_name.status, 1);
  EXPECT_EQ(without_name.text, "cu2cpp: cannot read '-o'" + usage);
  const FullDisk disk;
  const Output unwritable = run(program + " " + file + " -o /no/such.cpp", ""), full = run(program + " " + file + " -o " + disk.file(), "");
  EXPECT_EQ(unwritable.status, 1);
  EXPECT_EQ(unwritable.text, "cu2cpp: cannot write '/no/such.cpp'\n");
  EXPECT_EQ(full.status, 1);
  EXPECT_EQ(full.text, "cu2cpp: cannot write '" + disk.file() + "'\n");
  const Output printed = run(program + " " + file, "");
  EXPECT_EQ(printed.status, 0);
  EXPECT_TRUE(contains(printed.text, "#line 1 \"" + file + "\""));
  EXPECT_EQ(run(program + " " + file + " -o /dev/stdout", "").text, printed.text);
}

TEST(Cuda, HasProgramsOfEachKind) {
  EXPECT_GE(names("bugs").size(), 24u);
  EXPECT_GE(names("correct").size(), 10u);
  EXPECT_GE(names("textbook").size(), 50u);
  EXPECT_GE(names("refused").size(), 10u);
}

}  // namespace

// The CPU as a CUDA device. The little programs in tests/cuda_on_cpu/ are built in two ways, plain and for the checker,
// and run here in all three thread orders.
//   bugs/     must end with a status other than 0 and say the words of their first line:  // expect: words & words
//             (`a | b`: one of the two is enough; `~`: the program's own file). What does not go into one line stands in
//             others of this kind at the end. With a second line `// build: check` only the check build finds it.
//   correct/  compute the right thing, end with 0, and must be told nothing.
//   textbook/ the same, for programs as books and courses print them: nvcc takes them as they are, one feature each.
//   refused/  must not compile; the error has the words of their first line.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
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
  Expectation expected;
  const std::string mark = "// expect: ";
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    EXPECT_TRUE(number > 1 || line.starts_with(mark)) << file;
    if (number == 2) expected.plain = line != "// build: check";
    if (!line.starts_with(mark)) continue;
    for (std::string words : split(line.substr(mark.size()), " & ")) {
      for (size_t at = 0; (at = words.find('~', at)) != std::string::npos; at += file.size()) words.replace(at, 1, file);
      expected.words.push_back(words);
    }
  }
  return expected;
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
      static const std::regex folder("/[^ \n]*/(tests/cuda_on_cpu/)");  // that in which it was built, if that is another one
      expect_words(expected.words, std::regex_replace(output.text, folder, "$1"));
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

// What is said when a call is refused: where it stands, which call it is, why, and CUDA's name of the error. The program's text has it.
std::vector<std::string> expect_refusals(const std::string& name, int fewest) {
  const Output output = run(build_folder() + "plain/correct/" + name, "ascending");
  std::vector<std::string> said = split(output.text, "\n");
  const std::string file = "tests/cuda_on_cpu/correct/" + name + ".cu", mark = "// refused: ";
  const std::regex called("(cuda[A-Za-z0-9]+)\\("), told("^ *REFUSED\\(([A-Za-z_]+), cuda");
  std::ifstream in(file);
  int refused = 0, number = 0;
  std::string why;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (const size_t at = line.find(mark); at != std::string::npos) why = line.substr(at + mark.size());
    std::smatch call, error;
    const bool tells = std::regex_search(line, error, told);
    EXPECT_FALSE(tells && why.empty()) << line << ": why?";
    if (why.empty() || !std::regex_search(line, call, called)) continue;
    if (tells) why += " (" + (error[1] == "no_handle" ? "cudaErrorInvalidResourceHandle" : error[1].str()) + ")";
    const size_t dots = why.find("...");
    const auto says_it = [&](const std::string& text) {
      const std::string begin = "cuda_on_cpu: " + file + ":" + std::to_string(number) + ": ";
      if (!text.starts_with(begin)) return false;
      const std::string rest = text.substr(begin.size()), its_call = rest.substr(0, rest.find(": "));
      const bool named = call[1].str().starts_with(its_call);
      if (!named && error[1] != "cudaErrorStreamCaptureImplicit") return false;  // that says it whatever the call is
      const std::string reason = named ? rest.substr(its_call.size() + 2) : rest;
      return dots == std::string::npos ? reason == why : reason.starts_with(why.substr(0, dots)) && reason.ends_with(why.substr(dots + 3));
    };
    EXPECT_TRUE(std::any_of(said.begin(), said.end(), says_it)) << line << "\n" << why << "\n" << output.text;
    why.clear();
    ++refused;
  }
  EXPECT_GE(refused, fewest);
  return said;
}

TEST(Cuda, ARefusalNamesItsLineItsCallItsReasonAndItsError) {
  expect_refusals("two_processes", 9);
  const std::vector<std::string> said = expect_refusals("errors", 80);
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

// By hand, for the two warps of two launches: a row is 4 sectors, a column 32, and every second of 64 words is in every second bank. What
// atomics do is not counted, nor what is read of __constant__ memory.
TEST(Cuda, TheCheckerCountsTheTrafficOfEachLine) {
  const std::string file = testing::TempDir() + "traffic_of_lines_" + std::to_string(getpid());
  const std::string begin = "\"pass\",tests/cuda_on_cpu/correct/traffic.cu:";
  const std::string expected = "kernel,line,access,unit,requests,units,least\n" + begin + "12,read shared,wavefronts,12,24,12\n" + begin +
                               "12,write global,sectors,12,384,48\n" + begin + "15,write global,sectors,2,8,8\n" + begin + "9,read global,sectors,4,16,16\n" + begin +
                               "9,write shared,wavefronts,4,4,4\n";
  for (const char* order : orders) {
    EXPECT_EQ(run("env CUDA_ON_CPU_TRAFFIC=" + file + " " + build_folder() + "check/correct/traffic", order).status, 0);
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    static const std::regex folder(",[^ \n,]*/(tests/cuda_on_cpu/)");  // that in which it was built, if that is another one
    EXPECT_EQ(std::regex_replace(text.str(), folder, ",$1"), expected) << order;
    fs::remove(file);
  }
  const Output unwritable = run("env CUDA_ON_CPU_TRAFFIC=/no/such/file " + build_folder() + "check/correct/traffic", "");
  EXPECT_EQ(unwritable.text, "/no/such/file: No such file or directory\n");
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

// Runs cu2cpp on a text; {file} is the name of the file that it reads.
struct Translated {
  std::string file;
  Output output;
};
Translated translated(const std::string& text) {
  const char* folder = std::getenv("B");
  const std::string file = testing::TempDir() + "cu2cpp_" + std::to_string(getpid()) + ".cu";
  std::ofstream(file) << text;
  const Translated result{file, run(std::string(folder ? folder : "build") + "/cu2cpp " + file, "")};
  fs::remove(file);
  return result;
}

// Its place, what is wrong, the line and a caret under the place.
TEST(Cu2cpp, PointsAtEachMistake) {
  const std::string kernel = "__global__ void k() { ", host = "void f() { ";
  const struct {
    std::string text;
    int line, column;
    std::string message;
  } cases[] = {
      {"auto s = R\"x;\n", 1, 11, "a raw string without '('"},
      {"int a;\nauto s = R\"x(text)y\";\n", 2, 11, "a raw string without its end"},
      {"int a;  /* never\nends\n", 1, 9, "a comment without its end"},
      {host + "k<<<1, 2>>>(a;\n", 1, 23, "nothing closes this bracket"},
      {")<<<1, 2>>>(a);\n", 1, 1, "nothing opens this bracket"},
      {"k><<<1, 2>>>(a);\n", 1, 2, "nothing opens these template arguments"},
      {"<<<1, 2>>>(a);\n", 1, 1, "expected a kernel before '<<<'"},
      {"int a; = <<<1, 2>>>(a);\n", 1, 10, "expected a kernel before '<<<'"},
      {host + "k<<<1, 2>>(a); }\n", 1, 13, "'<<<' without '>>>'"},
      {host + "k<<<1>>>(a); }\n", 1, 13, "a launch needs a grid and a block: <<<grid, block>>>"},
      {host + "k<<<1, 2>>>; }\n", 1, 22, "expected '(' after '>>>'"},
      {kernel + "__shared__ int a\n", 1, 23, "a declaration without ';'"},
      {kernel + "__shared__; }\n", 1, 23, "a __shared__ declaration without a name"},
      {kernel + "__shared__ int a = 1; }\n", 1, 40, "a __shared__ variable cannot have an initializer"},
      {kernel + "extern __shared__ int a[4]; }\n", 1, 30, "expected: extern __shared__ type name[];"},
      {"int a;\n\t__shared__ int b;\n", 2, 2, "a __shared__ variable must stand inside a kernel or device function"},
      {"#define S __shared__ int\n", 1, 11, "a macro with __shared__ in it must hold the whole declaration, with its ';'"},
      {"__host__ __device__ int f() {\n#if __CUDA_ARCH__ >= 700\n  return 1;\n#elif X\n  return 2;\n#endif\n}\n", 4, 2,
       "an #elif without __CUDA_ARCH__ after an #if with it"},
      {"#ifdef __CUDA_ARCH__\n#endif\n", 1, 2,
       "__CUDA_ARCH__ outside of a function: cuda_on_cpu compiles a file once, for host and device"},
      {host + "asm(\"mov.u32 %0, 1;\"); }\n", 1, 12, "assembly of a GPU (PTX) is not part of cuda_on_cpu"},
  };
  for (const auto& [text, line, column, message] : cases) {
    const auto& [file, output] = translated(text);
    const std::string shown = split(text, "\n")[size_t(line - 1)];
    std::string margin = shown.substr(0, size_t(column - 1));
    for (char& c : margin) c = c == '\t' ? '\t' : ' ';
    EXPECT_EQ(output.status, 1) << text;
    const std::string place = file + ":" + std::to_string(line) + ":" + std::to_string(column);
    EXPECT_EQ(output.text, place + ": error: " + message + "\n  " + shown + "\n  " + margin + "^\n");
  }
}

// What only looks like CUDA stays, and of pragmas those that a compiler for a CPU knows.
TEST(Cu2cpp, CopiesTheRest) {
  const std::string before = "// a <<<comment>>> __shared__ \\\nwhich goes on: new\n"
                             "const char* a = \"k<<<1, 2>>>(a) \\\" __shared__\";  /* malloc\n __device__ */\n"
                             "const char* b = R\"x(__shared__ int y;)\" )x\";\n"
                             "auto d = {u8R\"(\"__shared__\")\", uR\"(\"__shared__\")\", UR\"(\"__shared__\")\", LR\"(\"__shared__\")\"};\n"
                             "auto e = {u8\"__shared__ \\\" (\", L\"(\"};\n"
                             "int c = 1'000'000 + int(0x1p-3 + 1e+2) + '\"' + (d <<3);\n#pragma once\n#\n";
  const std::string pragmas = "#pragma unroll 4  // four\n#pragma unroll /* all */ // of them\n"
                              "  # pragma nounroll\n#pragma nv_diag_suppress 177\n";
  const auto& [file, output] = translated(before + pragmas);
  EXPECT_EQ(output.status, 0) << output.text;
  EXPECT_EQ(output.text, "#include <cuda_runtime.h>\n#define __CUDACC__ 1\n#line 1 \"" + file + "\"\n" + before +
                             "CUDA_ON_CPU_UNROLL(\"unroll 4  \")\nCUDA_ON_CPU_UNROLL(\"unroll \")\n  \n\n");
}

// Behind the configuration the arguments stand in their old line and column, so that a compiler points at them as they are written.
TEST(Cu2cpp, KeepsLinesAndColumnsOfALaunch) {
  const std::string begin = "void f(int* p) {\n";
  const auto& [file, output] = translated(begin + "\t k<2><<<1,\n  32>>>(p, 7);\n  int q;\n}\n");
  EXPECT_EQ(output.status, 0) << output.text;
  const std::string call = "::cuda_on_cpu::launch(\"k<2>\", {__FILE__, __LINE__}, [=](auto tag) -> decltype(::cuda_on_cpu::signature_of<decltype(tag)>(k<2>)) "
                           "{ return ::cuda_on_cpu::signature_of<decltype(tag)>(k<2>); }, [=](auto&... arguments) { k<2>(arguments...); }, ";
  EXPECT_EQ(output.text, "#include <cuda_runtime.h>\n#define __CUDACC__ 1\n#line 1 \"" + file + "\"\n" + begin + "\t " + call + "1,\n  32)\n#line 3 \"" + file +
                             "\"\n" + std::string(7, ' ') + "(p, 7);\n  int q;\n}\n");
}

// The name of a kernel stands in quotes, whatever is in it.
TEST(Cu2cpp, QuotesWhatStandsInQuotes) {
  const Output output = translated("void f(int* p) {\nk<'\"', '\\\\'><<<1, 2>>>(p);\n}\n").output;
  EXPECT_EQ(output.status, 0) << output.text;
  EXPECT_TRUE(contains(output.text, "\n::cuda_on_cpu::launch(\"k<'\\\"', '\\\\\\\\'>\", {__FILE__, ")) << output.text;
}

// The kernel of a launch is all of the expression before it, and no more.
TEST(Cu2cpp, AKernelIsAnExpression) {
  std::string text;
  std::vector<std::string> expected;
  for (const std::string before : {"", "a = b, ", "if (a) ", "while (a[0]) ", "else ", "return ", "do ", "{ "})
    for (const std::string kernel : {"k", "::k", "ns::k", "k<int, 3>", "ns::t<A>::k<(2 > 1)>", "o.k", "p->k", "t[2]", "t[2][i].k", "(*f)", "(*p).k", "of(a, 1).k",
                                     "of(1)->k<2>", "o.template k<3>", "this->k"}) {
      text += before + kernel + "<<<1, 2>>>(p);\n";
      expected.push_back("\n" + before + "::cuda_on_cpu::launch(\"" + kernel + "\", {");
    }
  const Output output = translated(text).output;
  EXPECT_EQ(output.status, 0) << output.text;
  for (const std::string& launch : expected) EXPECT_TRUE(contains(output.text, launch)) << launch;
}

// A number ends where it ends: the bracket behind it closes the launch.
TEST(Cu2cpp, ANumberTakesNothingThatFollows) {
  const std::vector<std::string> numbers = {"0xe", "0xAE", "1e+2", "1.5E-3f", "0x1p-3", "0x1P+3", "1'0", "0xe'e", "7", ".5e1"};
  std::string text;
  for (const std::string& number : numbers) text += "k<<<" + number + ",(2)>>>(" + number + ");\n";
  const Output output = translated(text).output;
  EXPECT_EQ(output.status, 0) << output.text;
  for (const std::string& number : numbers)
    EXPECT_TRUE(contains(output.text, ", " + number + ",(2))\n") && contains(output.text, " (" + number + ");\n")) << output.text;
}

// What can change lies in a section of its own, also where its type has no name, and what cannot change does not.
TEST(Cu2cpp, VariablesHaveASectionUnlessTheyAreConst) {
  std::string text, expected;
  for (const std::string type : {"int", "Pair<(2 > 1)>", "struct { int a; }", "struct S { int f() { return 1; } }", "union { int a; float b; }", "union U { int a; }"})
    for (const std::string declared : {" x;", " x[1] = {{3}};", " x{3};", " const x = {3};", " const x[1] = {{3}};"}) {
      text += "__device__ " + type + declared + "\n";
      expected += (declared.starts_with(" const") ? " " : "CUDA_ON_CPU_DEVICE_VARIABLE ") + type + declared + "\n";
    }
  const Output output = translated(text).output;
  EXPECT_EQ(output.status, 0);
  EXPECT_TRUE(output.text.ends_with(expected)) << output.text << "expected\n" << expected;
}

// A word of C++ before a kernel is none of its name's.
TEST(Cu2cpp, AKernelBeginsBehindReturnElseAndDo) {
  for (const std::string word : {"return", "else", "do"}) {
    const Output output = translated("void f(int* p) {\n" + word + " ::k<<<1, 2>>>(p);\n}\n").output;
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(contains(output.text, "\n" + word + " ::cuda_on_cpu::launch(\"::k\", ")) << output.text;
  }
}

TEST(Cuda, HasProgramsOfEachKind) {
  EXPECT_GE(names("bugs").size(), 24u);
  EXPECT_GE(names("correct").size(), 10u);
  EXPECT_GE(names("textbook").size(), 50u);
  EXPECT_GE(names("refused").size(), 10u);
}

}  // namespace

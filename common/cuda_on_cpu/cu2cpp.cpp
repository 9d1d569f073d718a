// cu2cpp: CUDA C++ in, C++ out. Usage: cu2cpp FILE.cu [-o FILE.cpp]
//
// Only what C++ has no words for is rewritten; everything else is copied, and every line keeps its number:
//   k<T><<<grid, block>>>(a, b);      a call of ::cuda_on_cpu::launch, with the arguments at their old columns
//   __shared__ float tile[8][8];      a static; see include/cuda_on_cpu/check.h
//   extern __shared__ float buffer[]; a pointer to the block's dynamic shared memory
//   __device__ int n;  __constant__   a variable in a section of its own
//   #pragma unroll 4                  a macro: clang gets the pragma, g++ does better without it
//   #pragma nv_...                    nothing
//   #if __CUDA_ARCH__ >= 700          see rewrite_conditional
//   new T, malloc in device code      on the heap of the device
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Token {
  enum Kind { word, text, symbol, pragma } kind;  // text: literals of all kinds
  size_t begin, end;                              // in the source
  bool directive;                                 // part of a preprocessor line
};

std::string file_name, source;
std::vector<Token> tokens;

std::string_view spelling(const Token& token) { return std::string_view(source).substr(token.begin, token.end - token.begin); }
bool is(size_t index, std::string_view text) { return index < tokens.size() && spelling(tokens[index]) == text; }

// FILE:LINE:COLUMN: error, the line, and a caret under the place.
[[noreturn]] void fail(size_t position, const std::string& message) {
  size_t line_begin = position == 0 ? 0 : source.rfind('\n', position - 1) + 1;
  size_t line_end = std::min(source.find('\n', line_begin), source.size());
  long line = 1 + std::count(source.begin(), source.begin() + static_cast<long>(position), '\n');
  std::string margin;
  for (size_t i = line_begin; i < position; ++i) margin += source[i] == '\t' ? '\t' : ' ';
  std::cerr << file_name << ':' << line << ':' << position - line_begin + 1 << ": error: " << message << "\n  "
            << source.substr(line_begin, line_end - line_begin) << "\n  " << margin << "^\n";
  std::exit(1);
}

// ---- tokens

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

size_t end_of_quoted(size_t begin, char quote) {
  size_t i = begin + 1;
  while (i < source.size() && source[i] != quote && source[i] != '\n') i += source[i] == '\\' ? 2 : 1;
  return std::min(i + 1, source.size());
}

size_t end_of_raw_string(size_t quote) {  // at the quote of R"delimiter( ... )delimiter"
  size_t open = source.find('(', quote);
  if (open == std::string::npos) fail(quote, "a raw string without '('");
  std::string close = ")" + source.substr(quote + 1, open - quote - 1) + "\"";
  size_t end = source.find(close, open);
  if (end == std::string::npos) fail(quote, "a raw string without its end");
  return end + close.size();
}

size_t end_of_number(size_t i) {  // digits, digit separators, exponents with sign
  while (i < source.size() && (word_character(source[i]) || source[i] == '.' || (source[i] == '\'' && word_character(source[i + 1])) ||
                               ((source[i] == '+' || source[i] == '-') && std::string_view("eEpP").find(source[i - 1]) != std::string_view::npos)))
    ++i;
  return i;
}

size_t end_of_comment(size_t i) {  // 0 if there is none
  if (source.compare(i, 2, "//") == 0) {
    while (i < source.size() && source[i] != '\n') i += source[i] == '\\' && i + 1 < source.size() ? 2 : 1;
    return std::min(i, source.size());
  }
  if (source.compare(i, 2, "/*") != 0) return 0;
  size_t end = source.find("*/", i + 2);
  if (end == std::string::npos) fail(i, "a comment without its end");
  return end + 2;
}

// One token at i; returns its end.
size_t add_token(size_t i, bool directive) {
  char c = source[i];
  size_t end = i + 1;
  Token::Kind kind = Token::symbol;
  if (word_character(c) && !std::isdigit(static_cast<unsigned char>(c))) {
    kind = Token::word;
    while (end < source.size() && word_character(source[end])) ++end;
    std::string_view word = std::string_view(source).substr(i, end - i);
    bool prefix = word == "R" || word == "u8R" || word == "uR" || word == "UR" || word == "LR";
    if (prefix && end < source.size() && source[end] == '"') kind = Token::text, end = end_of_raw_string(end);
  } else if (std::isdigit(static_cast<unsigned char>(c)) || (c == '.' && std::isdigit(static_cast<unsigned char>(source[i + 1])))) {
    kind = Token::text, end = end_of_number(i);
  } else if (c == '"' || c == '\'') {
    kind = Token::text, end = end_of_quoted(i, c);
  } else if (source.compare(i, 3, "<<<") == 0) {
    end = i + 3;
  } else if (source.compare(i, 2, "::") == 0 || source.compare(i, 2, "->") == 0) {
    end = i + 2;
  }
  tokens.push_back({kind, i, end, directive});
  return end;
}

bool dropped_pragma(std::string_view line) {
  size_t at = line.find_first_not_of("# \t");
  if (at == std::string_view::npos || line.substr(at, 6) != "pragma") return false;
  at = line.find_first_not_of(" \t", at + 6);
  return at != std::string_view::npos && (line.substr(at, 6) == "unroll" || line.substr(at, 3) == "nv_" || line.substr(at, 8) == "nounroll");
}

void tokenize() {
  bool directive = false, line_start = true;
  for (size_t i = 0; i < source.size();) {
    char c = source[i];
    if (c == '\n') {
      directive = false, line_start = true, ++i;
    } else if (c == '\\' && source[i + 1] == '\n') {
      i += 2;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (size_t end = end_of_comment(i)) {
      i = end;
    } else if (c == '#' && line_start) {
      size_t end = std::min(source.find('\n', i), source.size());
      if (dropped_pragma(std::string_view(source).substr(i, end - i))) tokens.push_back({Token::pragma, i, end, true}), i = end;
      else directive = true, line_start = false, ++i;
    } else {
      line_start = false;
      i = add_token(i, directive);
    }
  }
}

// ---- brackets

size_t matching_close(size_t open) {  // of ( [ {
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    if (is(i, "(") || is(i, "[") || is(i, "{")) ++depth;
    if (is(i, ")") || is(i, "]") || is(i, "}"))
      if (--depth == 0) return i;
  }
  fail(tokens[open].begin, "nothing closes this bracket");
}

size_t matching_open(size_t close, bool needed = true) {  // the first token where there need not be one
  int depth = 0;
  for (size_t i = close + 1; i-- > 0;) {
    if (is(i, ")") || is(i, "]") || is(i, "}")) ++depth;
    if (is(i, "(") || is(i, "[") || is(i, "{"))
      if (--depth == 0) return i;
  }
  if (!needed) return 0;
  fail(tokens[close].begin, "nothing opens this bracket");
}

size_t matching_angle(size_t close) {  // back from the > that ends template arguments
  int depth = 0;
  for (size_t i = close + 1; i-- > 0;) {
    if (is(i, ")") || is(i, "]") || is(i, "}")) i = matching_open(i);
    else if (is(i, ">")) ++depth;
    else if (is(i, "<") && --depth == 0) return i;
    else if (is(i, ";")) break;
  }
  fail(tokens[close].begin, "nothing opens these template arguments");
}

// ---- rewriting: pieces of the source are replaced, from the left to the right

std::string output;
size_t copied = 0;  // of the source, into output

void copy_up_to(size_t position) {
  output.append(source, copied, position - copied);
  copied = position;
}
// Replaces [copied, end) and keeps its line breaks, so that all later lines keep their numbers.
void replace_up_to(size_t end, const std::string& text) {
  output += text;
  for (; copied < end; ++copied) {
    if (source[copied] != '\n') continue;
    output += copied > 0 && source[copied - 1] == '\\' ? "\\\n" : "\n";
  }
}

std::string tokens_as_text(size_t first, size_t end) {
  std::string text;
  for (size_t i = first; i < end; ++i) {
    bool both_words = i > first && tokens[i - 1].kind != Token::symbol && tokens[i].kind != Token::symbol;
    bool apart = i > first && tokens[i].begin > tokens[i - 1].end;
    if (both_words || apart) text += ' ';
    text += spelling(tokens[i]);
  }
  return text;
}

std::string in_quotes(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// ---- launches

// The first token of the expression that ends before `end`: k, ns::k<int, 3>, object.k, (*pointer), table[2].
size_t kernel_begin(size_t end, size_t launch) {
  const auto named = [](size_t i) { return i > 0 && tokens[i - 1].kind == Token::word && !is(i - 1, "return") && !is(i - 1, "else") && !is(i - 1, "do"); };
  size_t i = end;
  for (;;) {
    if (i == 0) fail(tokens[launch].begin, "expected a kernel before '<<<'");
    if (is(i - 1, ">")) i = matching_angle(i - 1);
    while (i > 0 && is(i - 1, "]")) i = matching_open(i - 1);
    if (named(i)) --i;
    else if (i > 0 && is(i - 1, ")")) {
      i = matching_open(i - 1);
      if (named(i)) --i;
    } else {
      fail(tokens[launch].begin, "expected a kernel before '<<<'");
    }
    if (i > 0 && is(i - 1, "template")) --i;
    if (i > 0 && (is(i - 1, "::") || is(i - 1, ".") || is(i - 1, "->"))) --i;
    else return i;
    if (!named(i) && (i == 0 || !(is(i - 1, ">") || (!is(i, "::") && (is(i - 1, ")") || is(i - 1, "]")))))) return i;
  }
}

// The first of the three > that end the configuration.
size_t configuration_end(size_t launch) {
  for (size_t i = launch + 1; i < tokens.size(); ++i) {
    if (is(i, "(") || is(i, "[") || is(i, "{")) i = matching_close(i);
    else if (is(i, ";") || is(i, "<<<") || is(i, ")") || is(i, "}")) break;
    else if (is(i, ">") && is(i + 1, ">") && is(i + 2, ">") && !is(i + 3, ">") && tokens[i + 2].begin == tokens[i].begin + 2) return i;
  }
  fail(tokens[launch].begin, "'<<<' without '>>>'");
}

int count_arguments(size_t first, size_t end) {  // an angle bracket may hide a comma: at most so many
  int count = first < end;
  for (size_t i = first; i < end; ++i) {
    if (is(i, "(") || is(i, "[") || is(i, "{")) i = matching_close(i);
    else if (is(i, ",")) ++count;
  }
  return count;
}

bool inside_brackets(size_t index) {  // of a macro call or an expression: no #line may stand there
  for (size_t i = index; i-- > 0;) {
    if (is(i, ")") || is(i, "]") || is(i, "}")) i = matching_open(i);
    else if (is(i, "(") || is(i, "[")) return true;
    else if (is(i, ";") || is(i, "{") || tokens[i].directive) return false;
  }
  return false;
}

// Puts what follows at its own line and column again, so that the compiler's carets point at the right place.
void return_to_column(size_t position) {
  size_t line_begin = source.rfind('\n', position - 1) + 1;
  long line = 1 + std::count(source.begin(), source.begin() + static_cast<long>(position), '\n');
  output += "\n#line " + std::to_string(line) + " " + in_quotes(file_name) + "\n";
  for (size_t i = line_begin; i < position; ++i) output += source[i] == '\t' ? '\t' : ' ';
}

void rewrite_launch(size_t launch) {
  size_t kernel = kernel_begin(launch, launch), close = configuration_end(launch), open = close + 3;
  int count = count_arguments(launch + 1, close);
  if (count < 2) fail(tokens[launch].begin, "a launch needs a grid and a block: <<<grid, block>>>");
  if (!is(open, "(")) fail(tokens[open - 1].begin, "expected '(' after '>>>'");
  matching_close(open);
  std::string name = tokens_as_text(kernel, launch);
  copy_up_to(tokens[kernel].begin);
  replace_up_to(tokens[launch].end,
                "::cuda_on_cpu::launch(" + in_quotes(name) + ", {__FILE__, __LINE__}, "
                "[=](auto tag) -> decltype(::cuda_on_cpu::signature_of<decltype(tag)>(" + name + ")) "
                "{ return ::cuda_on_cpu::signature_of<decltype(tag)>(" + name + "); }, "
                "[=](auto&... arguments) { " + name + "(arguments...); }, ");
  copy_up_to(tokens[close].begin);
  replace_up_to(tokens[open].begin, ")");
  if (!tokens[kernel].directive && !inside_brackets(kernel)) return_to_column(tokens[open].begin);
}

// ---- variables

size_t statement_end(size_t first) {
  for (size_t i = first; i < tokens.size(); ++i) {
    if (is(i, "(") || is(i, "[") || is(i, "{")) i = matching_close(i);
    else if (is(i, ";")) return i;
  }
  fail(tokens[first].begin, "a declaration without ';'");
}

// Skips __align__(16), alignas(16), __attribute__((...)) at i.
size_t after_alignment(size_t i) {
  if ((is(i, "__align__") || is(i, "alignas") || is(i, "__attribute__") || is(i, "__launch_bounds__")) && is(i + 1, "("))
    return matching_close(i + 1) + 1;
  return i;
}

// The declared names between first and end: in `T a[8], b` the word before each first [ or before , or ;.
std::vector<std::string> declared_names(size_t first, size_t end) {
  std::vector<std::string> names;
  std::string last_word;
  int angles = 0;
  for (size_t i = first; i <= end; ++i) {
    if (size_t after = after_alignment(i); after != i) i = after - 1;
    else if (is(i, "<")) ++angles;
    else if (is(i, ">")) --angles;
    else if (angles > 0) continue;
    else if (is(i, "{") && (is(i - 1, "union") || is(i - 1, "struct") || is(i - 2, "union") || is(i - 2, "struct"))) i = matching_close(i);
    else if (is(i, "=") || is(i, "{") || is(i, "(")) fail(tokens[i].begin, "a __shared__ variable cannot have an initializer");
    else if (is(i, "[")) i = matching_close(i);
    else if (tokens[i].kind == Token::word) last_word = spelling(tokens[i]);
    else if (is(i, ",") || i == end) names.push_back(last_word);
  }
  return names;
}

// The first token of the preprocessor line, or of the line of a macro's definition, after that of `index`.
size_t directive_end(size_t index) {
  size_t end = tokens[index].end;
  for (end = source.find('\n', end); end != std::string::npos && source[end - 1] == '\\';) end = source.find('\n', end + 1);
  size_t i = index;
  while (i < tokens.size() && tokens[i].begin < end) ++i;
  return i;
}

// Where a token stands: outside of every function, or in one for the host, the device, or both.
enum class Place { file, host, device, both };
Place place_of(size_t index) {
  bool inside = false, host = false, device = false;
  for (size_t i = index; i-- > 0;) {
    // The two sides of an #if may hold a bracket each.
    if (is(i, "}") || is(i, ")") || is(i, "]")) { i = matching_open(i, false); continue; }
    if (!is(i, "{")) continue;
    // The words before this {: a scope (namespace, struct, class, union, extern "C") has no parameters.
    bool scope = false, parameters = false;
    for (size_t j = i; j-- > 0 && !is(j, ";") && !is(j, "}") && !is(j, "{");) {
      if (tokens[j].directive) continue;
      if (is(j, ")")) j = matching_open(j, false), parameters |= !(j > 0 && (is(j - 1, "alignas") || is(j - 1, "__align__")));
      scope |= is(j, "namespace") || is(j, "struct") || is(j, "class") || is(j, "union") || is(j, "extern");
      host |= is(j, "__host__");
      device |= is(j, "__device__") || is(j, "__global__");
    }
    if (!scope || parameters) inside = true;
    if (inside && device) break;
  }
  return !inside ? Place::file : !device ? Place::host : host ? Place::both : Place::device;
}

// ---- conditions on __CUDA_ARCH__, which CUDA defines while it compiles for the device

std::vector<bool> at_run_time;  // for each open #if: it has become an if statement

// The condition as seen on the device (of compute capability 8.0) or on the host.
std::string condition(size_t first, size_t end, bool device) {
  if (is(first - 1, "ifdef") || is(first - 1, "ifndef")) return device == is(first - 1, "ifdef") ? "1" : "0";
  std::string text;
  for (size_t i = first; i < end; ++i) {
    bool bracket = is(i, "defined") && is(i + 1, "(");
    bool asked = is(i, "defined") && is(i + 1 + bracket, "__CUDA_ARCH__");
    text += asked ? device ? "1" : "0" : is(i, "__CUDA_ARCH__") ? device ? "800" : "0" : std::string(spelling(tokens[i]));
    text += i + 1 < end && tokens[i + 1].begin == tokens[i].end ? "" : " ";
    if (asked) i += bracket ? 3 : 1;
  }
  return text;
}

// This file is compiled once. In device code __CUDA_ARCH__ is 800; in a function that the host may call, too, the #if
// becomes an if statement that asks who is calling; elsewhere it must mean the same for both.
void rewrite_conditional(size_t index) {
  size_t end = directive_end(index);
  bool opens = is(index, "if") || is(index, "ifdef") || is(index, "ifndef"), mentioned = false;
  for (size_t i = index; i < end; ++i) mentioned |= is(i, "__CUDA_ARCH__");
  Place place = mentioned ? place_of(index) : Place::file;
  if (opens) at_run_time.push_back(place == Place::host || place == Place::both);
  if (at_run_time.empty()) return;
  bool asks = at_run_time.back(), closes = is(index, "endif"), alternative = is(index, "else");
  if (closes) at_run_time.pop_back();
  if (!asks && !mentioned) return;
  std::string device = condition(index + 1, end, true), host = condition(index + 1, end, false);
  copy_up_to(source.rfind('#', tokens[index].begin));
  std::string text = std::string(opens ? "#if " : "#elif ") + device;
  if (asks && !mentioned && !closes && !alternative) fail(tokens[index].begin, "an #elif without __CUDA_ARCH__ after an #if with it");
  if (asks) text = closes ? "}" : alternative ? "} else {" : (opens ? "" : "} else ") + ("if (::cuda_on_cpu::on_device() ? " + device + " : " + host + ") {");
  else if (place != Place::device && (is(index, "ifdef") || is(index, "ifndef")))
    fail(tokens[index].begin, "__CUDA_ARCH__ outside of a function: cuda_on_cpu compiles a file once, for host and device");
  else if (place != Place::device) text += "+ 0 / (!(" + device + ") == !(" + host + "))";  // or an error at this line
  replace_up_to(tokens[end - 1].end, text);
}

size_t rewrite_shared(size_t shared) {
  size_t first = shared, type = shared + 1;  // of the words extern, static, __shared__, volatile in front of the type, and behind them
  bool dynamic = false, is_volatile = false;
  for (; first > 0 && (is(first - 1, "extern") || is(first - 1, "static") || is(first - 1, "volatile")); --first)
    dynamic |= is(first - 1, "extern"), is_volatile |= is(first - 1, "volatile");
  for (size_t before = type - 1; before != type;) {
    before = type;
    if (is(type, "extern")) dynamic = true, ++type;
    if (is(type, "static")) ++type;
    if (is(type, "volatile")) is_volatile = true, ++type;
    type = after_alignment(type);
  }
  if (tokens[shared].directive) {
    size_t i = shared;
    while (i < directive_end(shared) && !is(i, ";")) ++i;
    if (i == directive_end(shared)) fail(tokens[shared].begin, "a macro with __shared__ in it must hold the whole declaration, with its ';'");
  }
  size_t end = statement_end(shared);
  if (!tokens[shared].directive && place_of(shared) == Place::file) fail(tokens[shared].begin, "a __shared__ variable must stand inside a kernel or device function");
  std::vector<std::string> names = declared_names(type, end);
  copy_up_to(tokens[first].begin);
  if (dynamic) {
    size_t bracket = type;
    while (bracket < end && !is(bracket, "[")) ++bracket;
    if (names.size() != 1 || !is(bracket + 1, "]")) fail(tokens[shared].begin, "expected: extern __shared__ type name[];");
    std::string element = (is_volatile ? "volatile " : "") + tokens_as_text(type, bracket - 1);
    std::string row = tokens_as_text(bracket + 2, end);  // name[][33] points to rows of 33
    std::string open = row.empty() ? "*" : "(*", close = row.empty() ? "" : ")" + row;
    replace_up_to(tokens[end].begin, element + open + " const " + names[0] + close + " = static_cast<" + element + open + close +
                                         ">(::cuda_on_cpu::running.dynamic_shared)");
    return end;
  }
  if (names[0].empty()) fail(tokens[shared].begin, "a __shared__ declaration without a name");
  std::string id = "cuda_on_cpu_shared_" + names[0];
  replace_up_to(tokens[shared].end, "CUDA_ON_CPU_SHARED(" + id + ")" + (is_volatile ? " volatile" : ""));
  copy_up_to(tokens[end].begin);
  std::string after = " CUDA_ON_CPU_SHARED_END(" + id + ")";
  for (const std::string& name : names) after += " CUDA_ON_CPU_SHARED_NAME(" + id + ", " + name + ")";
  replace_up_to(tokens[end].end, after);
  return end;
}

// __device__ or __constant__ before a variable that can change: the section attribute replaces the word.
void rewrite_device(size_t index, const std::string& attribute) {
  bool constant = false;
  int angles = 0;
  size_t end = tokens[index].directive ? directive_end(index) : tokens.size();
  if (index + 1 == end) constant = true;  // #define DEVICE __device__: see aliases
  for (size_t i = index + 1; i < end; ++i) {
    if (is(i, "(") && is(i + 1, "*")) break;  // a pointer to a function
    if (size_t after = after_alignment(i); after != i) { i = after - 1; continue; }
    if (is(i, "<")) ++angles;
    if (is(i, ">")) --angles;
    if (is(i, "const") || is(i, "constexpr")) constant = true;
    if (angles > 0) continue;
    if (is(i, "(") || is(i, "operator") || is(i, "using") || is(i, "template")) constant = true;
    if (is(i, "{") && (is(i - 1, "union") || is(i - 1, "struct") || is(i - 2, "union") || is(i - 2, "struct"))) { i = matching_close(i); continue; }
    if (is(i, "(") || is(i, "operator") || is(i, ";") || is(i, "=") || is(i, "[") || is(i, "{")) break;
  }
  copy_up_to(tokens[index].begin);
  replace_up_to(tokens[index].end, constant ? "" : attribute);
}

std::string unroll_macro(const Token& pragma) {
  std::string line(spelling(pragma));
  size_t at = line.find("unroll");
  if (at == std::string::npos || line.find("nounroll") != std::string::npos) return "";
  line = line.substr(at, std::min(line.find("//"), line.find("/*")) - at);
  return "CUDA_ON_CPU_UNROLL(" + in_quotes(line) + ")";
}

bool after_attribute_open(size_t index) { return index >= 2 && is(index - 1, "(") && is(index - 2, "("); }

// `#define SHARED __shared__`: SHARED is as good as the word.
std::map<std::string_view, std::string_view> aliases;
std::string_view word_at(size_t i) {
  auto found = tokens[i].directive ? aliases.end() : aliases.find(spelling(tokens[i]));
  return found == aliases.end() ? spelling(tokens[i]) : found->second;
}

void find_aliases() {
  for (size_t i = 0; i + 2 < tokens.size(); ++i)
    if (tokens[i].directive && is(i, "define") && directive_end(i) == i + 3 &&
        (is(i + 2, "__shared__") || is(i + 2, "__device__") || is(i + 2, "__constant__")))
      aliases[spelling(tokens[i + 1])] = spelling(tokens[i + 2]);
}

bool begins_directive(size_t i) { return tokens[i].directive && source[source.find_last_not_of(" \t", tokens[i].begin - 1)] == '#'; }

// PTX has a dot in every instruction: mov.u32
void refuse_ptx(size_t i) {
  for (size_t j = i + 1; j < tokens.size() && !is(j, ";") && !is(j, ":"); ++j)
    if (size_t dot = spelling(tokens[j]).find('.'); tokens[j].kind == Token::text && dot != std::string_view::npos && dot > 1 &&
                                                    word_character(spelling(tokens[j])[dot - 1]))
      fail(tokens[i].begin, "assembly of a GPU (PTX) is not part of cuda_on_cpu");
}

void replace_token(size_t i, const std::string& text) {
  copy_up_to(tokens[i].begin);
  replace_up_to(tokens[i].end, text);
}

bool for_device(size_t i) { return place_of(i) == Place::device || place_of(i) == Place::both; }

void translate() {
  output = "#include <cuda_runtime.h>\n#define __CUDACC__ 1\n#line 1 " + in_quotes(file_name) + "\n";
  find_aliases();
  // A launch replaces text before its '<<<', so launches are found first by their kernel's begin.
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == Token::pragma) replace_token(i, unroll_macro(tokens[i]));
    else if (tokens[i].kind == Token::symbol && is(i, "<<<")) rewrite_launch(i);
    if (tokens[i].kind != Token::word) continue;
    std::string_view word = word_at(i);
    if (begins_directive(i) && (word == "if" || word == "ifdef" || word == "ifndef" || word == "elif" || word == "else" || word == "endif"))
      rewrite_conditional(i), i = directive_end(i) - 1;
    else if (word == "__shared__") {
      if (tokens[i].directive && directive_end(i) == i + 1) continue;  // an alias
      i = rewrite_shared(i);
    }
    else if (word == "__device__") rewrite_device(i, "CUDA_ON_CPU_DEVICE_VARIABLE");
    else if (word == "__constant__") rewrite_device(i, "CUDA_ON_CPU_CONSTANT_VARIABLE");
    else if (word == "__noinline__" && !after_attribute_open(i)) replace_token(i, "__attribute__((noinline))");
    else if (word == "__CUDA_ARCH__") replace_token(i, "800");
    else if (word == "new" && !is(i - 1, "operator") && !is(i + 1, "(") && for_device(i)) replace_token(i, "new (::cuda_on_cpu::heap)");
    else if (word == "malloc" && is(i + 1, "(") && !is(i - 1, ".") && !is(i - 1, "->") && !is(i - 1, "::") && for_device(i))
      replace_token(i, "::cuda_on_cpu::heap_malloc");
    else if (word == "asm" || word == "__asm__" || word == "__asm") refuse_ptx(i);
  }
  copy_up_to(source.size());
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::string result_name;
  for (int i = 1; i < argument_count; ++i) {
    if (std::string_view(arguments[i]) == "-o" && i + 1 < argument_count) result_name = arguments[++i];
    else file_name = arguments[i];
  }
  std::ifstream in(file_name, std::ios::binary);
  if (file_name.empty() || !in) {
    std::cerr << "cu2cpp: cannot read '" << file_name << "'\nusage: cu2cpp FILE.cu [-o FILE.cpp]\n";
    return 1;
  }
  source.assign(std::istreambuf_iterator<char>(in), {});
  if (source.starts_with("\xef\xbb\xbf")) source.erase(0, 3);  // files from Windows: a byte order mark, CR LF
  std::erase(source, '\r');
  tokenize();
  translate();
  if (result_name.empty()) return std::cout << output << std::flush ? 0 : 1;
  std::ofstream out(result_name, std::ios::binary);
  if (out << output << std::flush) return 0;
  std::cerr << "cu2cpp: cannot write '" << result_name << "'\n";
  return 1;
}

#include "tests/exercises/class/csv.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace {

char most_frequent_separator(const std::string& text) {
  size_t counts[3] = {};
  bool quoted = false;
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) break;
    for (int i = 0; i < 3; ++i) counts[i] += !quoted && c == ",;\t"[i];
  }
  return ",;\t"[std::max_element(counts, counts + 3) - counts];
}

// "a ""b""" means a "b".
std::string unquoted(const std::string& raw) {
  std::string value;
  bool quoted = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '"') {
      value += raw[i];
    } else if (quoted && i + 1 < raw.size() && raw[i + 1] == '"') {
      value += raw[i++];
    } else {
      quoted = !quoted;
    }
  }
  return value;
}

}  // namespace

Csv read_csv(const std::string& text) {
  Csv csv;
  const std::string utf8 = "\xef\xbb\xbf";
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw std::runtime_error("is UTF-16: export it as UTF-8");
  if (text.starts_with(utf8)) csv.mark = utf8;
  const std::string body = text.substr(csv.mark.size());
  csv.separator = most_frequent_separator(body);
  std::string raw;
  Row row;
  bool quoted = false;
  const auto end_cell = [&] { row.cells.push_back({raw, unquoted(raw)}), raw.clear(); };
  const auto end_row = [&](const std::string& end) {
    end_cell();
    row.end = end;
    csv.rows.push_back(row);
    row = {};
  };
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (c == '"') quoted = !quoted;
    if (quoted || (c != csv.separator && c != '\n' && c != '\r')) {
      raw += c;
    } else if (c == csv.separator) {
      end_cell();
    } else if (c == '\r' && i + 1 < body.size() && body[i + 1] == '\n') {
      end_row("\r\n");
      ++i;
    } else {
      end_row(std::string(1, c));
    }
  }
  if (quoted) throw std::runtime_error("has a quote that does not end");
  if (!raw.empty() || !row.cells.empty()) end_row("");
  if (csv.rows.empty()) throw std::runtime_error("is empty");
  return csv;
}

std::string written(const Csv& csv) {
  std::string text = csv.mark;
  for (const Row& row : csv.rows) {
    for (size_t i = 0; i < row.cells.size(); ++i)
      text += (i ? std::string(1, csv.separator) : "") + row.cells[i].raw;
    text += row.end;
  }
  return text;
}

Cell cell(const std::string& value, char separator) {
  if (value.find_first_of(std::string("\"\r\n") + separator) == std::string::npos) return {value, value};
  std::string raw = "\"";
  for (char c : value) raw += c == '"' ? "\"\"" : std::string(1, c);
  return {raw + "\"", value};
}

Cell text_cell(const std::string& text, char separator) {
  return cell((!text.empty() && std::string("=+-@\t\r").find(text[0]) != std::string::npos ? "'" : "") + text, separator);
}

std::string trimmed_lower(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  std::string lower = first == std::string::npos ? "" : text.substr(first, last - first + 1);
  for (char& c : lower) c = char(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

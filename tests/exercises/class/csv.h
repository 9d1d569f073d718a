// Tables of comma-separated values (RFC 4180) as gradebooks export them: what is not changed is written back byte for byte.
#pragma once

#include <string>
#include <vector>

struct Cell {
  std::string raw;    // as it stands in the file, with its quotes
  std::string value;  // what it means
};

struct Row {
  std::vector<Cell> cells;
  std::string end;  // "\n", "\r\n", or nothing behind the last row
};

struct Csv {
  std::string mark;  // a byte-order mark, if the file has one
  char separator = ',';
  std::vector<Row> rows;
};

// The separator is the one of `,` `;` and tab that the first row has most of.  Throws std::runtime_error for UTF-16, for a quote that
// does not end, and for a file without rows.
Csv read_csv(const std::string& text);
std::string written(const Csv& csv);

// A cell with this value, quoted where it has to be.
Cell cell(const std::string& value, char separator);
// Somebody else's text in a table that a spreadsheet will open: what begins like a formula gets an apostrophe first.
Cell text_cell(const std::string& text, char separator = ',');

std::string trimmed_lower(const std::string& text);

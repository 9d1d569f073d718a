#include "chapters/13_scaling/product_time.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "common/error.h"

namespace {

// The operations of a product, with those of edges and of waves that nobody needs.
double rounded_operations(const Cluster& c, double m, double n, double k) {
  const double tiles = std::ceil(m / c.tile_rows) * std::ceil(n / c.tile_columns), waves = std::ceil(tiles / c.multiprocessors);
  return 2 * (waves * c.multiprocessors * c.tile_rows * c.tile_columns) * k;
}

// The fields of a line; commas inside of quotes are part of a name.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line)
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

double positive_number(const std::string& text, const std::string& where) {
  std::istringstream in(text);
  double value = 0;
  if (!(in >> value) || !in.eof() || !(value > 0)) throw Error(where + "'" + text + "' is no positive number");
  return value;
}

}  // namespace

double product_seconds(const Cluster& c, int m, int n, int k) {
  const double operations = rounded_operations(c, m, n, k);
  if (c.products.empty()) return operations / c.operations_per_second;
  const MeasuredProduct& nearest = *std::ranges::min_element(c.products, {}, [&](const MeasuredProduct& p) {
    return std::abs(std::log(p.m / m)) + std::abs(std::log(p.n / n)) + std::abs(std::log(p.k / k));
  });
  return nearest.seconds * (operations / rounded_operations(c, nearest.m, nearest.n, nearest.k));
}

std::vector<MeasuredProduct> read_products(const std::string& text) {
  const size_t colon = std::min(text.find(':'), text.size());
  const std::string file = text.substr(0, colon), wanted = text.substr(std::min(colon + 1, text.size()));
  std::string first;  // product
  std::ifstream in(file);
  if (!in) throw Error("products '" + file + "': no such file");
  std::map<std::string, size_t> column;  // by name
  std::vector<MeasuredProduct> all;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = file + ":" + std::to_string(++number) + ": ";
    if (line.starts_with('#')) continue;  // which machine it was
    const std::vector<std::string> fields = fields_of(line);
    if (column.empty()) {
      for (size_t i = 0; i < fields.size(); ++i) column[fields[i]] = i;
      for (const char* name : {"m", "n", "k", "product", "gflops"})
        if (!column.contains(name)) throw Error(where + "no column is called " + name);
      continue;
    }
    const auto field = [&](const char* name) { return column[name] < fields.size() ? fields[column[name]] : ""; };
    if (!wanted.empty() && field("product") != wanted) continue;
    const auto value = [&](const char* name) { return positive_number(field(name), where); };
    if (all.empty()) first = field("product");
    if (field("product") != first)
      throw Error(where + "'" + field("product") + "' and '" + first + "': take one of them by " + file + ":PRODUCT");
    const double m = value("m"), n = value("n"), k = value("k");
    all.push_back({m, n, k, 2e-9 * m * n * k / value("gflops")});
  }
  if (all.empty()) throw Error("products '" + file + "': it has none" + (wanted.empty() ? "" : " called " + wanted));
  return all;
}

#include "chapters/10_hybrid/machine_file.h"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "common/error.h"

namespace {

struct Number {
  const char* name;
  double PlanMachine::*value;
};

constexpr Number numbers[] = {{"operations-per-second", &PlanMachine::operations_per_second},
                              {"bytes-per-second", &PlanMachine::bytes_per_second},
                              {"memory", &PlanMachine::memory}};

}  // namespace

PlanMachine load_plan_machine(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw Error(file + ": cannot be opened");
  PlanMachine machine = typical_machine();
  std::stringstream inside, between;
  bool has_between = false;
  for (std::string text; std::getline(in, text);) {
    std::istringstream fields(text);
    std::string word;
    fields >> word;
    const auto number = std::ranges::find_if(numbers, [&](const Number& n) { return word == n.name; });
    if (number != std::end(numbers)) {
      double& value = machine.*number->value;
      if (!(fields >> value) || !(value > 0)) throw Error(file + ": not understood: " + text);
    } else if (word == "between") {
      has_between = true;
      between << fields.rdbuf() << '\n';
    } else {
      inside << text << '\n';
    }
  }
  machine.messages = read_machine(inside, file);
  if (has_between) machine.between = read_machine(between, file);
  return machine;
}

void save_plan_machine(const PlanMachine& machine, const std::string& file) {
  std::ofstream out(file);
  out << std::setprecision(17);
  for (const Number& number : numbers)
    if (machine.*number.value > 0) out << number.name << ' ' << machine.*number.value << '\n';
  write_machine(out, machine.messages);
  if (!machine.between.exchanges.empty()) write_machine(out, machine.between, "between ");
  if (!out.flush()) throw Error(file + ": cannot be written");
}

// Who handed in which folder, and which row of a gradebook is whose.
//
// Learning systems name folders and people in their own ways. A person is found by what is certain first (the name of the folder,
// numbers, logins, addresses), then by the name, where only one has it. Where two fit, nobody is chosen, and a note says so.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>

#include "tests/exercises/class/class.h"
#include "tests/exercises/class/csv.h"

namespace {

using Keys = std::set<std::string>;

// "Doe, Jane" and "Jane  Doe" are "jane doe".
std::string name_key(const std::string& name) {
  std::string text = trimmed_lower(name);
  if (const size_t comma = text.find(','); comma != std::string::npos)
    text = text.substr(comma + 1) + " " + text.substr(0, comma);
  std::string key;
  for (char c : text)
    if (c != ' ' || (!key.empty() && key.back() != ' ')) key += c;
  return trimmed_lower(key);
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Moodle's folders are "Jane Doe_1234567_assignsubmission_file", Canvas's begin "doejane_12345_": parts between underscores.
std::vector<std::string> parts_of(const std::string& folder) {
  std::vector<std::string> parts(1);
  for (char c : folder) {
    if (c == '_')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

Keys sure_keys(const Student& student) {
  Keys keys;
  for (const std::string& text : {student.folder, student.id, student.login, student.mail})
    if (const std::string key = trimmed_lower(text); !key.empty()) keys.insert(key);
  for (const std::string& part : parts_of(student.folder))
    if (is_number(part) && part.size() >= 3) keys.insert(part);
  return keys;
}

Keys name_keys(const Student& student) {
  Keys keys;
  const std::vector<std::string> parts = parts_of(student.folder);
  for (const std::string& name : {student.name, student.name.empty() && parts.size() > 1 ? parts[0] : std::string()})
    if (const std::string key = name_key(name); !key.empty()) keys.insert(key);
  return keys;
}

bool meet(const Keys& a, const Keys& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& key) { return b.count(key) > 0; });
}

// The one of `candidates` for each of `seekers`; -1 where there is none, -2 where there are several, or where several seek the same. Names prove
// little, and people choose their own: who is found for certain is not lost because somebody else has the same name.
std::vector<int> matches(const std::vector<std::pair<Keys, Keys>>& seekers, const std::vector<std::pair<Keys, Keys>>& candidates) {
  std::vector<int> found(seekers.size(), -1);
  std::vector<bool> certain(seekers.size());
  for (size_t s = 0; s < seekers.size(); ++s)
    for (const bool sure : {true, false}) {
      if (found[s] != -1) break;
      certain[s] = sure;
      for (size_t c = 0; c < candidates.size(); ++c) {
        if (!(sure ? meet(seekers[s].first, candidates[c].first) : meet(seekers[s].second, candidates[c].second))) continue;
        found[s] = found[s] == -1 ? int(c) : -2;
      }
    }
  std::map<int, int> times, times_certain;
  for (size_t s = 0; s < found.size(); ++s) ++times[found[s]], times_certain[found[s]] += certain[s];
  for (size_t s = 0; s < found.size(); ++s)
    if (found[s] >= 0 && (certain[s] ? times_certain : times)[found[s]] > 1) found[s] = -2;
  return found;
}

int column_of(const Row& header, const std::vector<std::string>& titles) {
  for (const std::string& title : titles)
    for (size_t i = 0; i < header.cells.size(); ++i)
      if (trimmed_lower(header.cells[i].value) == title) return int(i);
  return -1;
}

std::string value_at(const Row& row, int column) {
  return column >= 0 && column < int(row.cells.size()) ? row.cells[size_t(column)].value : "";
}

// "6.00", and "6,00" where people write it so.
double number_in(std::string text) {
  std::replace(text.begin(), text.end(), ',', '.');
  return std::atof(text.c_str());
}

bool is_blank(const Row& row) {
  return std::all_of(row.cells.begin(), row.cells.end(), [](const Cell& c) { return trimmed_lower(c.value).empty(); });
}

std::vector<std::pair<Keys, Keys>> keys_of(const std::vector<Student>& students) {
  std::vector<std::pair<Keys, Keys>> all;
  for (const Student& student : students) all.push_back({sure_keys(student), name_keys(student)});
  return all;
}

}  // namespace

std::vector<std::string> use_roster(std::vector<Student>& students, const std::string& text) {
  const Csv csv = read_csv(text);
  const Row& header = csv.rows[0];
  const int folder = column_of(header, {"folder", "submission"}), name = column_of(header, {"name", "student", "full name"}),
            id = column_of(header, {"id", "student id", "id number", "number"}),
            login = column_of(header, {"login", "username", "user", "github"}), mail = column_of(header, {"email", "e-mail", "mail"});
  if (folder < 0 && name < 0 && id < 0 && login < 0 && mail < 0)
    throw std::runtime_error("its first row names none of the columns folder, name, id, login, email");
  std::vector<Student> people;
  for (size_t r = 1; r < csv.rows.size(); ++r) {
    const Row& row = csv.rows[r];
    if (is_blank(row)) continue;
    Student person;
    person.folder = value_at(row, folder), person.name = value_at(row, name), person.id = value_at(row, id);
    person.login = value_at(row, login), person.mail = value_at(row, mail);
    people.push_back(person);
  }
  std::vector<std::string> notes;
  const std::vector<int> whose = matches(keys_of(people), keys_of(students));
  std::vector<bool> known(students.size());
  for (size_t p = 0; p < people.size(); ++p) {
    Student person = people[p];
    if (whose[p] >= 0) {
      Student& student = students[size_t(whose[p])];
      known[size_t(whose[p])] = true;
      student.name = person.name, student.id = person.id, student.login = person.login, student.mail = person.mail;
      continue;
    }
    notes.push_back(person.shown() + (whose[p] == -1 ? ": handed in nothing" : ": several submissions could be meant, or several people"));
    person.folder.clear();
    students.push_back(person);
  }
  for (size_t s = 0; s < known.size(); ++s)
    if (!known[s]) notes.push_back(printable(students[s].folder) + ": is not on the roster");
  return notes;
}

std::string fill_gradebook(const std::string& text, const std::string& wanted, double full, const std::vector<Student>& students,
                           std::vector<std::string>& notes) {
  Csv csv = read_csv(text);
  Row& header = csv.rows[0];
  const int first = column_of(header, {"first name", "firstname"}), last = column_of(header, {"last name", "lastname", "surname"}),
            name = column_of(header, {"student", "full name", "name"}), identifier = column_of(header, {"identifier"});
  std::vector<int> sure;
  for (const char* title : {"id", "sis user id", "sis login id", "login id", "id number", "username", "email address", "email",
                            "identifier", "student id", "folder"})
    if (const int column = column_of(header, {title}); column >= 0) sure.push_back(column);
  if (sure.empty() && name < 0 && (first < 0 || last < 0))
    throw std::runtime_error("its first row names no column that says whose a row is");

  // Canvas writes "Title (12345)", Moodle "Assignment: Title (Real)", and a worksheet for marking has "Grade".
  std::string title = wanted;
  if (title.empty()) title = identifier >= 0 && column_of(header, {"grade"}) >= 0 ? "Grade" : "Exercises";
  std::vector<size_t> fitting;
  for (size_t i = 0; i < header.cells.size(); ++i) {
    std::string there = trimmed_lower(header.cells[i].value);
    const bool exact = there == trimmed_lower(title);
    if (const size_t bracket = there.rfind(" ("); bracket != std::string::npos && there.back() == ')') there.resize(bracket);
    if (const size_t colon = there.find(": "); colon != std::string::npos && there != trimmed_lower(title)) there = there.substr(colon + 2);
    if (exact || there == trimmed_lower(title)) fitting.push_back(i);
  }
  if (fitting.size() > 1) throw std::runtime_error("has several columns \"" + printable(title) + "\": COLUMN=\"the whole title\" says which");
  const size_t width = header.cells.size();
  const size_t column = fitting.empty() ? width : fitting[0];
  const auto put = [&](Row& row, const std::string& value) {
    while (row.cells.size() <= column) row.cells.push_back({});
    row.cells[column] = cell(value, csv.separator);
  };
  if (fitting.empty()) put(header, title);
  if (fitting.empty() && ((first >= 0 && column_of(header, {"email address"}) >= 0) || identifier >= 0))
    notes.push_back("the column " + printable(title) + " is new, and Moodle takes no new ones: make it there, and export again");

  std::vector<size_t> rows;
  std::vector<std::pair<Keys, Keys>> owners;
  const int maximum = column_of(header, {"maximum grade"});
  for (size_t r = 1; r < csv.rows.size(); ++r) {
    Row& row = csv.rows[r];
    if (is_blank(row)) continue;
    if (name_key(value_at(row, 0)) == "points possible") {  // below Canvas's first column, whatever that is
      if (fitting.empty()) put(row, number(full));
      else if (number_in(value_at(row, int(column))) != full)
        notes.push_back("the gradebook has " + printable(value_at(row, int(column))) + " points for this column, the tasks have " + number(full));
      continue;
    }
    if (r == 1 && maximum >= 0 && number_in(value_at(row, maximum)) != full)
      notes.push_back("the gradebook's maximum is " + printable(value_at(row, maximum)) + ", the tasks have " + number(full) + " points");
    Keys numbers, names;
    for (int c : sure) {
      std::string key = trimmed_lower(value_at(row, c));
      if (c == identifier && key.starts_with("participant ")) key = key.substr(12);
      if (!key.empty()) numbers.insert(key);
    }
    for (const std::string& key : {name_key(value_at(row, name)), name_key(value_at(row, first) + " " + value_at(row, last))})
      if (!key.empty()) names.insert(key);
    if (numbers.empty() && names.empty()) continue;  // as Canvas's "Manual Posting"
    rows.push_back(r);
    owners.push_back({numbers, names});
  }
  const std::vector<int> whose = matches(owners, keys_of(students));
  std::vector<bool> found(students.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string who = owners[i].second.empty() ? *owners[i].first.begin() : *owners[i].second.begin();
    if (whose[i] == -2) notes.push_back("gradebook, " + printable(who) + ": several students could be meant; left as it was");
    if (whose[i] < 0) continue;
    const Student& student = students[size_t(whose[i])];
    found[size_t(whose[i])] = true;
    if (student.graded) put(csv.rows[rows[i]], number(student.points));
  }
  for (Row& row : csv.rows)
    if (fitting.empty() && !row.cells.empty() && !(row.cells.size() == 1 && row.cells[0].raw.empty()))
      while (row.cells.size() <= column) row.cells.push_back({});
  for (size_t s = 0; s < students.size(); ++s)
    if (students[s].graded && !found[s]) notes.push_back(students[s].shown() + ": has no row in the gradebook");
  return written(csv);
}

// What a teacher reads the night before: a table of the class, the usual mistakes, and a text for each student.
#include <algorithm>
#include <map>
#include <sstream>

#include "tests/exercises/class/class.h"
#include "tests/exercises/class/csv.h"

namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : printable(text)) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// "row 3 of dw" and "row 12 of dw" are the same mistake.
std::string without_numbers(const std::string& text) {
  std::string out;
  for (char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) out += c;
    else if (out.empty() || out.back() != '#') out += '#';
  }
  return out;
}

// Every task that somebody was graded on, in the order of the first.
std::vector<std::string> tasks_of(const std::vector<Student>& students) {
  std::vector<std::string> names;
  for (const Student& student : students)
    for (const TaskResult& task : student.tasks)
      if (std::find(names.begin(), names.end(), task.name) == names.end()) names.push_back(task.name);
  return names;
}

const TaskResult* result_of(const Student& student, const std::string& task) {
  for (const TaskResult& result : student.tasks)
    if (result.name == task) return &result;
  return nullptr;
}

bool was_tried(const TaskResult& result) { return result.message != "not handed in" && result.message != "untouched"; }

std::string minutes(double seconds) {
  return seconds < 100 ? number(double(long(seconds + 0.5))) + " s" : number(double(long(seconds / 60 + 0.5))) + " min";
}

}  // namespace

std::string grades_csv(const std::vector<Student>& students) {
  Csv csv;
  const std::vector<std::string> tasks = tasks_of(students);
  const auto add = [&](std::vector<Cell> cells) { csv.rows.push_back({std::move(cells), "\n"}); };
  std::vector<Cell> header;
  for (const char* title : {"folder", "name", "id", "points", "of"}) header.push_back(cell(title, ','));
  for (const std::string& task : tasks) header.push_back(cell(task, ','));
  add(header);
  for (const Student& student : students) {
    std::vector<Cell> cells = {text_cell(printable(student.folder)), text_cell(printable(student.name)), text_cell(printable(student.id)),
                               cell(student.graded ? number(student.points) : "", ','), cell(student.graded ? number(student.full) : "", ',')};
    for (const std::string& task : tasks) {
      const TaskResult* result = result_of(student, task);
      cells.push_back(cell(result ? number(result->points) : "", ','));
    }
    add(cells);
  }
  return written(csv);
}

std::string class_html(const std::string& title, const std::vector<Student>& students) {
  const std::vector<std::string> tasks = tasks_of(students);
  std::ostringstream out;
  size_t graded = 0;
  double sum = 0, full = 0;
  for (const Student& student : students)
    if (student.graded) ++graded, sum += student.points, full = std::max(full, student.full);
  out << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" << escaped(title) << "</title>\n<style>\n"
      << "body { font: 16px/1.45 sans-serif; margin: 2em; color: #222; background: #fff }\n"
         "table { border-collapse: collapse; margin: 1em 0 }\n"
         "td, th { border: 1px solid #ccc; padding: 2px 6px; text-align: right; font-variant-numeric: tabular-nums }\n"
         "td.text, th.text { text-align: left }\n"
         "th.task { writing-mode: vertical-rl; text-align: left; font-weight: normal }\n"
         "td.right { background: #cde8cd } td.wrong { background: #f6d5cf } td.none { background: #eee; color: #888 }\n"
         ".bar { display: inline-block; height: 0.8em; background: #5a9e5a } .bar.wrong { background: #d98c7d } .bar.none { background: #ccc }\n"
         "</style></head><body>\n<h1>"
      << escaped(title) << "</h1>\n<p>" << graded << " of " << students.size() << " graded";
  if (graded > 0) out << ", on average " << number(double(long(10 * sum / double(graded) + 0.5)) / 10) << " of " << number(full) << " points";
  out << ".</p>\n<h2>Tasks by students</h2>\n<table><tr><th class=text>student</th><th>points</th>";
  for (const std::string& task : tasks) out << "<th class=task>" << escaped(task) << "</th>";
  out << "</tr>\n";
  for (const Student& student : students) {
    out << "<tr><td class=text>" << escaped(student.shown()) << "</td>";
    if (student.graded)
      out << "<td>" << number(student.points) << "</td>";
    else
      out << "<td class=none>" << escaped(student.trouble.empty() ? "nothing" : student.trouble) << "</td>";
    for (const std::string& task : tasks) {
      const TaskResult* result = result_of(student, task);
      if (!result)
        out << "<td class=none></td>";
      else
        out << "<td class=" << (result->points > 0 ? "right" : was_tried(*result) ? "wrong" : "none") << " title=\""
            << escaped(first_line(result->message)) << "\">" << (was_tried(*result) ? number(result->points) : "-") << "</td>";
    }
    out << "</tr>\n";
  }
  out << "</table>\n<h2>Each task</h2>\n<table><tr><th class=text>task</th><th>right</th><th>wrong</th><th>not tried</th><th class=text>share of the class</th></tr>\n";
  std::map<std::string, std::pair<int, std::string>> messages;  // what it says without its numbers: how often, and one of them
  for (const std::string& task : tasks) {
    int right = 0, wrong = 0, none = 0;
    for (const Student& student : students) {
      const TaskResult* result = result_of(student, task);
      if (!result || !was_tried(*result)) {
        ++none;
      } else if (result->points > 0) {
        ++right;
      } else {
        ++wrong;
        const std::string said = first_line(result->message);
        auto& [times, example] = messages[task + "\t" + without_numbers(said)];
        ++times;
        if (example.empty()) example = task + "\t" + said;
      }
    }
    const auto bar = [&](const char* kind, int count) {
      if (count > 0) out << "<span class=\"bar " << kind << "\" style=\"width:" << 300.0 * count / double(students.size()) << "px\"></span>";
    };
    out << "<tr><td class=text>" << escaped(task) << "</td><td>" << right << "</td><td>" << wrong << "</td><td>" << none << "</td><td class=text>";
    bar("right", right), bar("wrong", wrong), bar("none", none);
    out << "</td></tr>\n";
  }
  out << "</table>\n<h2>The commonest messages</h2>\n<table><tr><th>students</th><th class=text>task</th><th class=text>message</th></tr>\n";
  std::vector<std::pair<int, std::string>> common;
  for (const auto& entry : messages) common.push_back(entry.second);
  std::stable_sort(common.begin(), common.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < std::min(common.size(), size_t(20)); ++i) {
    const size_t tab = common[i].second.find('\t');
    out << "<tr><td>" << common[i].first << "</td><td class=text>" << escaped(common[i].second.substr(0, tab)) << "</td><td class=text>"
        << escaped(common[i].second.substr(tab + 1)) << "</td></tr>\n";
  }
  out << "</table>\n<h2>The slowest to grade</h2>\n<table><tr><th class=text>student</th><th>time</th></tr>\n";
  std::vector<const Student*> slowest;
  for (const Student& student : students)
    if (student.graded) slowest.push_back(&student);
  std::stable_sort(slowest.begin(), slowest.end(), [](const Student* a, const Student* b) { return a->seconds > b->seconds; });
  for (size_t i = 0; i < std::min(slowest.size(), size_t(10)); ++i)
    out << "<tr><td class=text>" << escaped(slowest[i]->shown()) << "</td><td>" << minutes(slowest[i]->seconds) << "</td></tr>\n";
  out << "</table>\n</body></html>\n";
  return out.str();
}

std::string feedback_md(const Student& student) {
  std::ostringstream out;
  // Markdown must not read a name or a message as its own signs: indented by four spaces, a line is taken as it is.
  const auto as_it_is = [&](const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) out << "    " << printable(line) << "\n";
  };
  out << "# " << number(student.points) << " of " << number(student.full) << " points\n\n";
  as_it_is(student.shown());
  if (!student.remarks.empty()) out << "\n", as_it_is(student.remarks);
  out << "\n| task | points | of |\n|---|---|---|\n";
  bool all_right = true;
  for (const TaskResult& task : student.tasks) {
    out << "| `" << task.name << "` | " << number(task.points) << " | " << number(task.full) << " |\n";
    all_right = all_right && task.points >= task.full;
  }
  if (all_right) out << "\nEverything is right.\n";
  for (const TaskResult& task : student.tasks) {
    if (task.points >= task.full) continue;
    out << "\n## `" << task.name << "`\n\n";
    as_it_is(task.message.empty() ? "no points" : task.message);
    if (was_tried(task)) out << "\n`make ex-" << task.name << "` shows the same at home; `make hint-" << task.name << "` asks a question that leads on.\n";
  }
  return out.str();
}

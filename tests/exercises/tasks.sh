# What the scripts here know about tasks; to be sourced in the root of the repository.
#
# A task is called NN_topic/name by its files and NN_name by people. B is the folder that is built in.
B=${B:-build}

# task_name 01_serial/leaky_relu -> 01_leaky_relu
task_name() { echo "${1%%_*}_${1##*/}"; }

# task_line WORD TASK: what stands behind `// WORD:` in the main of the task, or nothing.
task_line() { sed -n "s,^// $1: *,,p" "tests/exercises/$2_main.cpp" | head -n 1; }

# Every task.
all_tasks() { for main in tests/exercises/[0-9]*/*_main.cpp; do main=${main#tests/exercises/}; echo "${main%_main.cpp}"; done; }

# Those that are named (NN, NN_topic/name or NN_name), or all. Status 1 where a name is that of no task, which is said.
chosen_tasks() {
  if [ $# -eq 0 ]; then all_tasks; return; fi
  chosen_unknown=
  for chosen in "$@"; do
    for chosen_task in $(all_tasks); do
      case $chosen in "${chosen_task%%_*}" | "$chosen_task" | "$(task_name "$chosen_task")") continue 2 ;; esac
    done
    chosen_unknown=yes
    # shellcheck disable=SC2046
    chosen_near=$(sh tests/exercises/nearest "$chosen" $(for task in $(all_tasks); do task_name "$task"; done) | tr '\n' ' ')
    echo "no task $chosen${chosen_near:+; did you mean ${chosen_near% }?}" >&2
  done
  for chosen_task in $(all_tasks); do
    for chosen in "$@"; do
      case $chosen in "${chosen_task%%_*}" | "$chosen_task" | "$(task_name "$chosen_task")") echo "$chosen_task" ;; esac
    done
  done
  [ -z "$chosen_unknown" ]
}

# The file of a task below a folder: .cpp or .cu.
task_file() { if [ -e "$1/$2.cu" ]; then echo "$1/$2.cu"; else echo "$1/$2.cpp"; fi; }

# cpp or cu, by the file that is committed.
task_extension() {
  task_extension=$(task_file solutions "$1")
  if ! [ -e "$task_extension" ]; then task_extension=$(task_file exercises "$1"); fi
  echo "${task_extension##*.}"
}

# Is this exercise as it was generated?
untouched() { [ "$(sed '$d' "$1" | cksum | tr ' ' '-')" = "$(sed -n '$s,^// As generated: ,,p' "$1")" ]; }

# judge TASK PROGRAM: 0 if every test of the task passes. `reason` is then empty, else the first failure in plain words.
judge() {
  # A folder that nobody else may look into: in the one of all, a name that is known before it is used may become a link to any file.
  judge_folder=$(mktemp -d) judge_xml=$judge_folder/xml
  TASK_CUDA=$([ "$(task_extension "$1")" != cu ] || echo yes)
  export TASK_CUDA
  GTEST_OUTPUT=xml:$judge_xml GTEST_FAIL_FAST=1 TASK_PROGRAM=$2 TASK_RIVAL=$B/exercises/rival/$1 TASK_RANKS=$(task_line ranks "$1") \
    "$B/tests/exercises/${1%/*}/judge" --gtest_filter="${1##*/}.*" >"$judge_xml.out" 2>&1
  judge_status=$?
  reason=$(awk '
    match($0, /<failure message="[^"]*"/) {
      text = substr($0, RSTART + 18, RLENGTH - 19)
      gsub(/&#x0A;/, "\n", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'\''", text); gsub(/&lt;/, "<", text)
      gsub(/&gt;/, ">", text); gsub(/&amp;/, "\\&", text)
      sub(/^[^\n]*:[0-9]+\n(Failed\n)?/, "", text); sub(/^unknown file\n/, "", text)
      sub(/^C\+\+ exception with description "/, "", text); sub(/" thrown in the test body\.$/, "", text)
      print text; found = 1; exit
    }
    / tests="/ && !counted++ { none = $0 ~ / tests="0"/ }
    END { if (!found && none) print "no test judges this task" }' "$judge_xml")
  if [ "$judge_status" -ne 0 ] && [ -z "$reason" ]; then reason="the judge itself ended with status $judge_status"; fi
  judge_said=$(cat "$judge_xml.out")
  rm -rf "$judge_folder"
  [ -z "$reason" ]
}

# remember TASK passed|failed: for the list that `make ex` shows. `reason` is that of the last judgement.
remember() {
  mkdir -p "$B/exercises/results"
  { echo "$2"; cksum <"$(task_file exercises "$1")"; printf '%s\n' "$reason"; } >"$B/exercises/results/$(task_name "$1")"
}

# One of the texts "A | B | ..." ($1) stands in $2.
one_of() { echo "$1" | sed 's/ | /\n/g' | while read -r text; do case $2 in *"$text"*) echo yes ;; esac; done | grep -q yes; }

# For scripts that plant bugs in a copy of the sources (tests/broken/run, tests/mutants/run); they source it in the root of the repository.
# The copy is $work, with what is already built from the sources, so that a bug costs the compilation of what depends on its file.

# On a GPU, which runs the threads in an order of its own, many a race would stay hidden.
CUDA=cpu
export CUDA
cores=$(sh common/cores)

prepare() {
  mkdir -p "$work"
  for part_of_tree in chapters common tests Makefile slides exercises solutions README.md; do # tests read the last four, too
    rm -rf "${work:?}/$part_of_tree"
    [ ! -e "$part_of_tree" ] || cp -pR "$part_of_tree" "$work/"
  done
  if [ ! -d "$work/build" ]; then
    mkdir -p "$work/build"
    for part_of_tree in build/*; do
      case "$part_of_tree" in build/broken | build/mutants | build/machines | build/sanitize*) ;; *) cp -pR "$part_of_tree" "$work/build/" ;; esac
    done
  fi
}

# The programs that a test starts: those of the folders that it names, other than in its includes.
programs_of() { # TEST.cpp or TEST.cu
  for folder in $(grep -v '^#include' "$1" | grep -o 'chapters/[0-9][0-9a-z_]*' | sort -u); do
    [ ! -d "$folder" ] || grep -lE '^int main' "$folder"/*.cpp
  done | sed 's,\(.*\)\.cpp,build/\1,'
}

# Builds a test (check/NAME: for the CUDA checker) in the copy, and runs it on every number of ranks until it fails. Says in $verdict
# `noticed`, `stays green`, `does not compile` or `no test matches`; what was printed is in $work/log.
try() { # TEST FILTER SECONDS
  if [ -f "tests/$1" ]; then # a script, which builds what it needs; FILTER is its argument
    (cd "$work" && sh "tests/$1" "$2") </dev/null >"$work/log" 2>&1
    case $?/$(grep -c '^FAILED' "$work/log") in 0/*) verdict="stays green" ;; */0) verdict="does not compile" ;; *) verdict=noticed ;; esac
    return
  fi
  case $1 in check/*) test=${1#check/} program=build/check/tests/$test ;; *) test=$1 program=build/tests/$test ;; esac
  text=tests/$test.cpp
  [ -r "$text" ] || text=tests/$test.cu
  programs=$(programs_of "$text")
  # shellcheck disable=SC2086
  (cd "$work" && make -j"$cores" "$program" $programs data) >"$work/log" 2>&1 || { verdict="does not compile"; return; }
  ranks=$(sed -n 's|^// ranks: *||p; s|^// more ranks: *||p' "$text") # the last ones are tried last
  for n in ${ranks:-1}; do
    if [ -n "$ranks" ]; then launch="sh common/mpi/launch $n"; else launch=; fi
    # shellcheck disable=SC2086
    (cd "$work" && timeout -k 5 "$3" $launch "$program" --gtest_filter="$2") </dev/null >"$work/log" 2>&1
    status=$?
    if grep -q 'Running 0 tests' "$work/log"; then verdict="no test matches"; return; fi
    if [ $status -ne 0 ]; then verdict=noticed; return; fi
  done
  verdict="stays green"
}

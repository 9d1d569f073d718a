#!/bin/sh
# Looks for what this repository needs and installs what is missing with the system's package manager.
#
#   sh common/setup.sh              check, install what is missing, report
#   NO_INSTALL=1 sh common/setup.sh check and report only
#   sh common/setup.sh FILE         also write what was found to FILE, as Make variables (the Makefile does this)
#
# Needed: make, a C++20 compiler, MPICH (or another MPI-3.1), GoogleTest, gzip, sha256sum. Nothing else is installed, the
# default MPI is not changed, and nobody is asked for a password. Repeating it is quick and harmless.
set -u

found() { command -v "$1" >/dev/null 2>&1; }
first_of() { for tool in "$@"; do if found "$tool"; then echo "$tool"; return; fi; done; }

# Tools: what the caller chose, else the first that is there. Debian's mpicxx may be another MPI than its mpiexec, hence
# the names with a suffix come first.
look() {
  cxx=${CXX:-$(first_of g++ clang++ c++)}
  mpicxx=${MPICXX:-$(first_of mpicxx.mpich /usr/lib64/mpich/bin/mpicxx mpicxx)}
  mpiexec=${MPIEXEC:-$(first_of mpiexec.mpich /usr/lib64/mpich/bin/mpiexec mpiexec mpirun)}
  for tool in "$cxx" "$mpicxx" "${mpiexec%% *}"; do
    [ -z "$tool" ] || found "$tool" || { echo "$tool: chosen by CXX, MPICXX or MPIEXEC, but not found" >&2; exit 1; }
  done
  sums=$(first_of sha256sum shasum)
  prefix=
  if found brew; then prefix=$(brew --prefix); fi
  missing=
  found make || missing="$missing make"
  [ -n "$cxx" ] && has_cxx20 || missing="$missing compiler"
  [ -n "$mpicxx" ] && [ -n "$mpiexec" ] || missing="$missing mpi"
  has_gtest || missing="$missing gtest"
  found gzip || missing="$missing gzip"
  [ -n "$sums" ] || missing="$missing sha256sum"
}
has_cxx20() { echo '#include <span>' | "$cxx" -std=c++20 -E -x c++ - >/dev/null 2>&1; }
has_gtest() {
  [ -n "$cxx" ] || return 1
  # shellcheck disable=SC2086
  printf '#include <gtest/gtest-spi.h>\nint main() { return 0; }\n' |
    "$cxx" -E ${CPPFLAGS:-} ${prefix:+-I"$prefix/include"} -x c++ - >/dev/null 2>&1 || return 1
  for library in libgtest.a libgtest.so; do
    [ "$("$cxx" -print-file-name=$library)" != "$library" ] && return 0
  done
  [ -n "$prefix" ] && [ -e "$prefix/lib/libgtest.a" ] && return 0
  case "${LDFLAGS:-}" in *-L*) return 0 ;; esac # the caller says where libraries are
  return 1
}

# What the manager $1 is told to install with, and its packages for each thing that is missing.
packages() {
  case "$1" in
    apt) command="apt-get install -y --no-install-recommends" compiler=g++ mpi="mpich libmpich-dev" gtest=libgtest-dev ;;
    dnf) command="dnf install -y" compiler=gcc-c++ mpi="mpich mpich-devel" gtest=gtest-devel ;;
    zypper) command="zypper --non-interactive install" compiler=gcc-c++ mpi="mpich mpich-devel" gtest=googletest-devel ;;
    pacman) command="pacman -S --noconfirm --needed" compiler=gcc mpi=openmpi gtest=gtest ;; # Arch has MPICH only in its user repository
    brew) command="brew install" compiler=gcc mpi=mpich gtest=googletest ;;
    *) return ;;
  esac
  packages=
  for thing in $missing; do
    case "$thing" in
      compiler) thing=$compiler ;;
      mpi) thing=$mpi ;;
      gtest) thing=$gtest ;;
      sha256sum) thing=coreutils ;;
    esac
    packages="$packages$thing "
  done
}

explain() {
  echo "missing:$missing" >&2
  case "$manager" in
    "") echo "No known package manager here. Install: GNU make, a C++20 compiler (g++ 11 or clang++ 14, or newer)," >&2
        echo "MPICH 4 with its headers, GoogleTest, gzip, sha256sum." >&2 ;;
    *) echo "To install them:  $sudo_word$command $packages" >&2 ;;
  esac
  if found module || [ -n "${MODULESHOME:-}${LMOD_CMD:-}" ]; then
    echo "This looks like a cluster: try 'module avail', then for example 'module load gcc mpich googletest'." >&2
  fi
}

run_install() {
  case "$manager" in
    apt) $sudo sh -c "DEBIAN_FRONTEND=noninteractive apt-get update -q" &&
         $sudo sh -c "DEBIAN_FRONTEND=noninteractive $command $packages" ;;
    *) $sudo sh -c "$command $packages" ;;
  esac
}

look
if [ -n "$missing" ]; then
  manager=
  for candidate in apt-get dnf zypper pacman brew; do
    if found "$candidate"; then manager=${candidate%-get}; break; fi
  done
  packages "$manager"
  sudo='' sudo_word='' rights=yes
  if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    sudo_word="sudo "
    if found sudo && sudo -n true 2>/dev/null; then sudo="sudo -n"; else rights=no; fi
  fi
  if [ -n "${NO_INSTALL:-}" ] || [ -z "$manager" ] || [ $rights = no ]; then
    explain
    exit 1
  fi
  echo "installing: $packages(by $manager)" >&2
  log=$(mktemp)
  if ! run_install >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    explain
    exit 1
  fi
  rm -f "$log"
  look
  if [ -n "$missing" ]; then
    explain
    echo "They were installed just now, but are still not found: look at PATH, CPPFLAGS and LDFLAGS." >&2
    exit 1
  fi
fi

if [ $# -ge 1 ]; then
  mkdir -p "$(dirname "$1")"
  {
    echo "# Written by common/setup.sh: what it found on this machine."
    [ -n "${CXX:-}" ] || echo "CXX := $cxx"
    echo "MPICXX ?= $mpicxx"
    echo "MPIEXEC ?= $mpiexec"
    printf '#include <mpi.h>\n#ifndef MPICH_VERSION\n#error\n#endif\n' | "$mpicxx" -E -x c++ - >/dev/null 2>&1 || echo "NO_SIMULATOR := yes"
    if [ -n "$prefix" ]; then echo "CPPFLAGS += -I$prefix/include"; echo "LDFLAGS += -L$prefix/lib"; fi
  } >"$1.new"
  if cmp -s "$1.new" "$1"; then rm -f "$1.new"; else mv "$1.new" "$1"; fi
elif [ -t 1 ] || [ -n "${NO_INSTALL:-}" ]; then
  echo "everything needed is here: $cxx, $mpicxx, $mpiexec, GoogleTest"
fi

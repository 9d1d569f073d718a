#!/bin/sh
# Gradescope runs this once, as root, when it builds the image in which submissions are graded: packages, and all that is the same for every
# student. What is left for a submission is to compile and run that submission.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")"
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  apt-get update
  apt-get install -y --no-install-recommends make g++ mpich libmpich-dev libgtest-dev gzip
fi
tar -xzf handout.tar.gz
# MARCH= : the image may be built on another processor than it runs on.
make -C course MARCH= NO_INSTALL=1 grader

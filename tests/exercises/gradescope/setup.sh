#!/bin/sh
# Gradescope runs this once, as root, when it builds the image in which submissions are graded: packages, and all that is the same for every
# student. What is left for a submission is to compile and run that submission.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")"
tar -xzf handout.tar.gz
sh course/common/setup.sh
# MARCH= : the image may be built on another processor than it runs on.
make -C course MARCH= NO_INSTALL=1 grader

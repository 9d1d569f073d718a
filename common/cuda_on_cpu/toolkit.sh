#!/bin/sh
# common/cuda_on_cpu/toolkit.sh NVCC: what the Makefile asks a CUDA Toolkit. Prints, in one line, the GPUs that it builds machine
# code for ("75,80,90,120": of those of 2018 to 2025), and the options that find its libraries. Nothing, and why, if it is
# too old for C++20.
#
# A module, a wrapper or a package manager may have put nvcc anywhere; nvcc itself knows where the rest is.
set -u
nvcc=$1
release=$("$nvcc" --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\).*/\1/p')
if [ "${release%%.*}" -lt 12 ] 2>/dev/null || [ -z "$release" ]; then
  echo "$nvcc (release ${release:-unknown}) is not used: C++20 needs CUDA 12 or newer" >&2
  exit 0
fi
known=$("$nvcc" --list-gpu-arch 2>/dev/null)
gpus=
for number in 75 80 90 120; do
  case "$known" in *"compute_$number"*) gpus=${gpus:+$gpus,}$number ;; esac
done
echo "$gpus $("$nvcc" --dryrun -c nothing.cu 2>&1 | sed -n 's/^#\$ LIBRARIES= *//p' | tr -d '"')"

#!/bin/sh
# gpu_report.sh: all that a GPU can tell in ten minutes, in stages. `make gpu-report` calls it.
#
#   correctness   chapters 02 and 03 against the CPU: check_kernels, which needs no test library; then their tests, where they can be built
#   limits        peak and bandwidth, measured beside what the attributes say
#   products      every step and cuBLAS in the shapes of a training step and in squares, in float and in bfloat16
#   step, peers   a whole training step; beside it PyTorch and JAX where python3 has them
#   two, four     ranks of chapter 06 on the one GPU, by each way between GPUs: the same weights; and what a sum of gradients costs, by length
#   two ranks     chapters 07 to 12 with two ranks on the one GPU, where there is an MPI
#   sanitizer     the four tools of compute-sanitizer on check_kernels --small
#   counters      Nsight Compute's five numbers for each step
#
# Each stage has a time limit and writes its result at once: stages.csv has a line for each that has ended. A run that is cut off
# leaves what it has. Everything lies in results/NAME_OF_THE_GPU, and once more in one archive, build/gpu-report.tar.gz.
#
# REHEARSE=yes does the same with kernels on the CPU and small sizes, in build/gpu-report/rehearsal: so that no stage fails for a
# typing error. BUILT=FOLDER takes programs that are built; LIMIT=SECONDS is a limit for every stage.
set -u
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.." || exit 1
make=${MAKE:-make} rehearse=${REHEARSE:-} BUILT=${BUILT:-} log=build/gpu-report

if [ -n "$rehearse" ]; then
  gpu="rehearsal on $(sh common/cores) cores, no GPU" out=${OUT:-$log/rehearsal} clocks=none driver=none
else
  gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader -i 0 2>/dev/null | head -n 1)
  [ -n "$gpu" ] && [ "${CUDA:-gpu}" = gpu ] || { echo "gpu-report: skipped: no GPU"; exit 0; }
  ask() { nvidia-smi "--query-gpu=$1" --format=csv,noheader -i 0 | head -n 1; }
  driver=$(ask driver_version) clocks="$(ask clocks.max.sm), memory $(ask clocks.max.mem), power limit $(ask power.limit)"
  out=${OUT:-chapters/03_fast_kernels/results/$(echo "$gpu" | tr -cs 'A-Za-z0-9\n' _)}
fi
mkdir -p "$out" "$log" || exit 1
printf 'stage,seconds,limit,result\n' >"$out/stages.csv"

# A line of the list of stages, and of the screen.
result() { # STAGE SECONDS LIMIT TEXT
  printf '%s,%s,%s,"%s"\n' "$1" "$2" "$3" "$4" >>"$out/stages.csv"
  printf '%-24s %4s s   %s\n' "$1" "$2" "$4"
}
# stage NAME SECONDS COMMAND...: what the command says lies in NAME.txt while it runs.
stage() {
  name=$1 limit=${LIMIT:-$2} begin=$(date +%s)
  shift 2
  timeout -k 5 "$limit" "$@" >"$out/$name.txt" 2>&1 </dev/null
  status=$?
  case $status in
    0) verdict=passed ;;
    77) verdict=$(sed -n 's/.*\(skipped: .*\)/\1/p' "$out/$name.txt" | head -n 1) ;;
    124 | 137) verdict="cut off after $limit s" ;;
    *) verdict="FAILED with status $status" ;;
  esac
  result "$name" $(($(date +%s) - begin)) "$limit" "${verdict:-skipped}"
}
skip() { result "$1" 0 0 "skipped: $2"; }

# --- Build, for this GPU alone. The first target needs neither MPI nor GoogleTest; the others may fail.
built=${BUILT:-build} flags=CUDA=cpu
if [ -z "$rehearse$BUILT" ]; then
  built=build/gpu_at_hand
  flags="CUDA=gpu B=$built O=$built gpus=$(ask compute_cap | tr -d .)"
fi
: >"$log/build.txt"
# shellcheck disable=SC2086
build() { # TARGET...
  [ -n "$BUILT" ] || $make --no-print-directory NO_INSTALL=1 $flags "$@" >>"$log/build.txt" 2>&1
}
kernels=$built/chapters/03_fast_kernels/check_kernels bench=$built/chapters/03_fast_kernels/bench
build gpu-report-core
[ -x "$kernels" ] && [ -x "$bench" ] || { echo "gpu-report: the programs of chapter 03 cannot be built: $log/build.txt"; exit 1; }
small='' samples=6000 filter='*'
if [ -n "$rehearse" ]; then small=--small samples=300 filter='*Softmax*:*SameBits*:*OneOwner*'; fi

# --- Stages
stage correctness 30 "$kernels" $small
for test in 02_cuda_test 03_fast_kernels_products_test 03_fast_kernels_test 03_fast_kernels_masked_test 03_fast_kernels_pool_test; do
  build "$built/tests/$test"
  if [ -x "$built/tests/$test" ]; then stage "$test" 40 "$built/tests/$test" "--gtest_filter=$filter"; else skip "$test" "cannot be built: $log/build.txt"; fi
done

stage limits 20 "$bench" --limits "$out/limits.csv"
stage products 80 "$bench" --report "$out/products.csv"
peers() { # DEVICE STEPS
  if command -v python3 >/dev/null; then stage peers 60 python3 chapters/03_fast_kernels/peers_on_gpu.py --device "$1" --steps "$2"; else skip peers "no python3"; fi
}
if [ -z "$rehearse" ]; then
  stage roofline 30 "$bench" --products --csv "$out/roofline.csv"
  stage roofline_drawn 10 sh chapters/03_fast_kernels/roofline.sh "$out/roofline.csv" "$out/roofline.svg"
  stage step 40 "$bench" --training
  peers cuda 2000
else
  peers cpu 20
  skip roofline "no GPU: a CPU has another roof"
  skip step "no GPU: it would measure the CPU"
fi

# Ranks take turns on the GPU: this tells what is right and what a start costs, and no speedup.
train=$built/chapters/06_data_parallel/train curve=$built/chapters/06_data_parallel/gpu_ways
build "$train" "$curve"
for ranks in 2 4; do
  stages=$([ $ranks = 2 ] && echo two || echo four)_ranks_06
  [ -x "$train" ] && [ -x "$curve" ] || { skip "$stages" "cannot be built: $log/build.txt"; continue; }
  rm -f "$log/weights"
  for way in host peer mpi; do
    stage "${stages}_$way" 15 sh chapters/06_data_parallel/by_way.sh $way "$log/weights" \
      sh common/mpi/launch $ranks "$train" --device cuda --epochs 1 --train-samples "$samples" --hidden 32
  done
  stage "${stages}_curve" 20 sh common/mpi/launch $ranks "$curve" ${rehearse:+--rehearse --rounds 1} --csv "$out/gpu_ways_$ranks.csv"
done
for chapter in 07_sharded_optimizer 08_layer_splitting 09_tensor_parallel 10_hybrid 12_restart; do
  name=two_ranks_${chapter%%_*} program=$built/chapters/$chapter/train
  build "$program"
  [ -x "$program" ] || { skip "$name" "cannot be built: $log/build.txt"; continue; }
  stage "$name" 15 sh common/mpi/launch 2 "$program" --device cuda --epochs 1 --train-samples "$samples" --hidden 32
done

if command -v compute-sanitizer >/dev/null && [ -z "$rehearse" ]; then
  for tool in memcheck racecheck synccheck initcheck; do
    stage "sanitizer_$tool" 20 compute-sanitizer --tool "$tool" --error-exitcode 1 "$kernels" --small
  done
else
  skip sanitizer "no GPU or no compute-sanitizer"
fi

metrics=gpu__time_duration.sum,sm__throughput.avg.pct_of_peak_sustained_elapsed,gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed
metrics=$metrics,sm__warps_active.avg.pct_of_peak_sustained_active,l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum
if command -v ncu >/dev/null && [ -z "$rehearse" ]; then
  stage counters 50 ncu --csv --metrics "$metrics" --log-file "$out/counters.csv" "$kernels" --once
else
  stage counters 60 "$kernels" --once $small
fi

# --- The page, and the archive
{
  echo "# $gpu"
  echo
  echo "Driver $driver; clocks: $clocks. Written by \`make gpu-report\`; every stage's own words lie beside this page."
  echo
  echo '| stage | seconds | limit | result |'
  echo '|---|---|---|---|'
  sed '1d; s/"//g; s/,/ | /g; s/^/| /; s/$/ |/' "$out/stages.csv"
} >"$out/README.md"
tar -C "$(dirname "$out")" -czf "$log.tar.gz" "$(basename "$out")"
echo "$out/README.md, and all of it in $log.tar.gz"
! grep -q FAILED "$out/stages.csv"

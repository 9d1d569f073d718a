#!/bin/sh
#SBATCH --job-name=train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:10:00
#SBATCH --output=build/slurm-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@60
#
# Batch script for Slurm: sbatch common/cluster/job.sh [PROGRAM ARGUMENTS], from the root of the repository, after `make all data`.
#
# MPICH's mpiexec sees that it runs in a job, asks Slurm for the hosts, and starts its helpers there with srun: no hostfile,
# no -n. On a cluster, add what the site asks for (--account, --partition, --gpus-per-task=1), and load its MPI before
# building. Build for the oldest processor of the nodes: make MARCH=x86-64-v3 all.
#
# A run that lasts (chapter 12): ... build/chapters/12_restart/train --checkpoint FOLDER --resume. 60 seconds before the limit Slurm
# sends SIGUSR1 to this script, which passes it on; the program saves and ends with status 75, and the job queues again. It may then
# get other nodes, or fewer with --nodes=1-2. After scancel (SIGTERM) it saves, too, and does not queue.
set -eu
export LC_ALL=C CDPATH=''
[ $# -gt 0 ] || set -- build/chapters/04_point_to_point/hello
# Slurm sets SLURM_NTASKS only where it was asked for a number of tasks. "2(x3),1" is 2 tasks on each of 3 nodes, and 1 on another.
ranks=${SLURM_NTASKS:-$(echo "${SLURM_TASKS_PER_NODE:-}" | tr ',' '\n' | awk -F '[(x)]+' '{ n += $1 * ($2 ? $2 : 1) } END { print n + 0 }')}
[ "$ranks" -gt 0 ] || ranks=$((${SLURM_NNODES:-0} * ${SLURM_NTASKS_PER_NODE:-0}))
[ "$ranks" -gt 0 ] || { echo "job.sh: Slurm says no number of tasks: is this a job? sbatch common/cluster/job.sh" >&2; exit 1; }
export EXPECT_RANKS="$ranks"
if [ -z "${MPIEXEC:-}" ]; then MPIEXEC=$(command -v mpiexec.mpich || command -v mpiexec.hydra || command -v mpiexec); fi
echo "job $SLURM_JOB_ID: $ranks ranks on $SLURM_JOB_NODELIST"
child='' time_is_over=''
trap 'time_is_over=yes; [ -z "$child" ] || kill -USR1 "$child"' USR1
trap '[ -z "$child" ] || kill -TERM "$child"' TERM
$MPIEXEC "$@" &
child=$!
while :; do wait "$child" && status=0 || status=$?; kill -0 "$child" 2>/dev/null || break; done
if [ "$status" -eq 75 ] && [ -n "$time_is_over" ]; then
  echo "job $SLURM_JOB_ID: status 75, so it queues again"
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"

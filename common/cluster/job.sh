#!/bin/sh
#SBATCH --job-name=train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:10:00
#SBATCH --output=build/slurm-%j.out
#
# Batch script for Slurm: sbatch common/cluster/job.sh [PROGRAM ARGUMENTS], from the root of the repository, after `make all data`.
#
# MPICH's mpiexec sees that it runs in a job, asks Slurm for the hosts, and starts its helpers there with srun: no hostfile,
# no -n. On a cluster, add what the site asks for (--account, --partition, --gpus-per-task=1), and load its MPI before
# building. Build for the oldest processor of the nodes: make MARCH=x86-64-v3 all.
#
# A run that lasts (chapter 12): ... build/chapters/12_restart/train --checkpoint FOLDER --resume, the same in every job: the first
# one finds no checkpoint and begins, each later one continues.
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
exec $MPIEXEC "$@"

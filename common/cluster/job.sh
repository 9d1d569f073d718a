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
set -eu
[ $# -gt 0 ] || set -- build/chapters/04_point_to_point/hello
export EXPECT_RANKS="$SLURM_NTASKS"
if [ -z "${MPIEXEC:-}" ]; then MPIEXEC=$(command -v mpiexec.mpich || command -v mpiexec.hydra || command -v mpiexec); fi
echo "job $SLURM_JOB_ID: $SLURM_NTASKS ranks on $SLURM_JOB_NODELIST"
exec $MPIEXEC "$@"

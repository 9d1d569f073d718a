#!/bin/sh
# virtual_slurm.sh: a real Slurm on one machine, to try batch scripts before they go to a cluster.
#
#   virtual_slurm.sh up 2 [CPUS]   a controller and 2 compute nodes, node1 and node2, with CPUS processors each (default 2)
#   virtual_slurm.sh env           prints what a shell needs:  eval "$(virtual_slurm.sh env)"; sbatch job.sh; squeue
#   virtual_slurm.sh down
#
# The nodes are two daemons (slurmd -N) on this machine, so Slurm believes in two computers where there is one. Needs root
# and Debian's packages slurm-wlm and munge; no systemd. Everything lives in one folder, /run/virtual_slurm, with a key,
# ports and a configuration of its own: a Slurm that this machine may have is not touched.
set -eu
export LC_ALL=C CDPATH=''

state=/run/virtual_slurm
first_port=17100 # controller; the nodes have the ports above it

die() { echo "virtual_slurm.sh: $*" >&2; exit 1; }
need_root() { [ "$(id -u)" = 0 ] || die "needs root: Slurm's daemons start jobs for other users (try sudo)"; }
need() { command -v "$1" >/dev/null 2>&1 || die "$1 is not installed (Debian: apt install slurm-wlm munge)"; }

# cred_expire: a job that queues again waits so many seconds longer; one that a busy machine starts later than that is held.
write_configuration() { # NODES CPUS
  host=$(hostname -s)
  memory=$(awk '/MemTotal/ { print int($2 / 1024 / 2) }' /proc/meminfo)
  cat >"$state/slurm.conf" <<END
ClusterName=virtual
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$first_port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$state/munge.socket,cred_expire=15
CredType=cred/munge
StateSaveLocation=$state/state
SlurmdSpoolDir=$state/spool.%n
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.%n.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=pmi2
SlurmdParameters=config_overrides
END
  i=1 names=node[1-$1]
  while [ "$i" -le "$1" ]; do
    mkdir -p "$state/spool.node$i"
    echo "NodeName=node$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((first_port + i)) CPUs=$2 RealMemory=$memory"
    i=$((i + 1))
  done >>"$state/slurm.conf"
  echo "PartitionName=main Nodes=$names Default=YES MaxTime=INFINITE State=UP" >>"$state/slurm.conf"
}

up() {
  need_root
  nodes=${1:?usage: virtual_slurm.sh up NODES [CPUS]} cpus=${2:-2}
  case $nodes$cpus in *[!0-9]*) die "up: not numbers: $nodes $cpus" ;; esac
  for tool in munged slurmctld slurmd sbatch; do need "$tool"; done
  [ ! -e "$state" ] || die "$state exists: take the old one down first"
  mkdir -p "$state/state"
  trap 'show_logs; down; die "up failed; what was started is ended"' EXIT

  dd if=/dev/urandom of="$state/munge.key" bs=1 count=1024 2>/dev/null
  chmod 400 "$state/munge.key"
  munged --key-file="$state/munge.key" --socket="$state/munge.socket" --pid-file="$state/munged.pid" \
    --log-file="$state/munged.log" --seed-file="$state/munge.seed" --force 2>>"$state/munged.err"
  write_configuration "$nodes" "$cpus"
  slurmctld -f "$state/slurm.conf"
  i=1
  while [ "$i" -le "$nodes" ]; do slurmd -f "$state/slurm.conf" -N "node$i"; i=$((i + 1)); done
  wait_until_idle "$nodes"
  trap - EXIT
  SLURM_CONF=$state/slurm.conf sinfo
}

wait_until_idle() { # NODES: all of them idle within 30 seconds
  for second in $(seq 30); do
    idle=$(SLURM_CONF=$state/slurm.conf sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)
    [ "$idle" -eq "$1" ] && return
    [ "$second" -eq 30 ] || sleep 1
  done
  return 1
}

show_logs() { tail -n 5 "$state"/*.log "$state"/*.err >&2 2>/dev/null || true; }

# end PIDFILE: ends the daemon whose number is in the file, and waits for it.
end() {
  [ -s "$1" ] || return 0
  pid=$(cat "$1")
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
}

down() {
  need_root
  [ -e "$state" ] || return 0
  SLURM_CONF=$state/slurm.conf scancel --full --state=RUNNING 2>/dev/null || true
  for file in "$state"/slurmd.*.pid "$state/slurmctld.pid" "$state/munged.pid"; do end "$file"; done
  rm -rf "$state"
}

env() { echo "export SLURM_CONF=$state/slurm.conf"; }

case ${1:-} in
  up | down | env) verb=$1; shift; "$verb" "$@" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'; exit 2 ;;
esac

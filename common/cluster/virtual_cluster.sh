#!/bin/sh
# virtual_cluster.sh: a cluster of several hosts on one Linux machine, to run MPI programs over real TCP.
#
#   virtual_cluster.sh up 4 --rate 1gbit --delay 50us    hosts vc1 ... vc4, each with a network card of that speed
#   virtual_cluster.sh run 4 PROGRAM [ARGUMENTS]         starts 4 ranks, one host after another
#   virtual_cluster.sh env                               what a shell needs to start every program there:
#                                                          eval "$(virtual_cluster.sh env)"; make test-06
#   virtual_cluster.sh status                            which hosts there are, and what their cards are told to do
#   virtual_cluster.sh down
#
# A host is a network namespace with a name and a /dev/shm of its own; all are plugged into one switch. What leaves a
# host goes through the kernel's TCP and through a queue that the kernel shapes (tc): the rate by tbf, the delay by netem.
# The delay is that of one way, so a ping takes twice as long. Where the kernel has no netem, the switch is a little
# program of ours (delay_switch.cpp) that keeps each frame for that time: good to some ten microseconds. `up` says which.
#
# Needs root, ip, tc, and MPICH's mpiexec, which starts its helpers by `enter_host HOST COMMAND` in place of ssh.
set -eu
export LC_ALL=C CDPATH=''

here=$(cd "$(dirname "$0")" && pwd)
prefix=vc           # hosts vc1, vc2, ...; vc0 is this machine's own card
network=10.77.0     # host i has address 10.77.0.i, this machine itself .254
state=/run/virtual_cluster
delay_switch=$here/../../build/cluster/delay_switch

die() { echo "virtual_cluster.sh: $*" >&2; exit 1; }
need_root() { [ "$(id -u)" = 0 ] || die "needs root: it makes network namespaces (try sudo)"; }

hosts() { ip netns list | awk -v p="$prefix" '$1 ~ "^" p "[0-9]+$" { print $1 }' | sort -V; }

# --- up ----------------------------------------------------------------------------------------------------------------

up() {
  need_root
  count=${1:?usage: virtual_cluster.sh up HOSTS [--rate RATE] [--delay TIME]}
  shift
  rate='' delay=''
  while [ $# -gt 0 ]; do
    case $1 in
      --rate) rate=${2:?--rate needs a value, like 1gbit} ;;
      --delay) delay=${2:?--delay needs a value, like 50us} ;;
      *) die "unknown option $1" ;;
    esac
    shift 2
  done
  case $count in *[!0-9]* | '') die "up: $count is not a number of hosts" ;; esac
  if [ "$count" -lt 1 ] || [ "$count" -gt 200 ]; then die "up: 1 to 200 hosts, not $count"; fi

  how=kernel # who delays
  if [ -n "$delay" ] && ! has_netem; then how=switch; build_switch; fi
  { [ -z "$(hosts)" ] && mkdir "$state" 2>/dev/null; } || die "a virtual cluster is up already; take it down first"
  trap 'down; die "up failed; what was made is removed"' EXIT
  { echo "127.0.0.1 localhost"; seq "$count" | sed "s/.*/$network.& $prefix&/"; } >"$state/hosts"
  # Without an address a bridge takes the lowest of its hosts', and another one when that host goes: the others would miss it for a while.
  if [ "$how" = kernel ]; then ip link add "${prefix}0" address 02:00:00:00:00:01 type bridge; else ip tuntap add dev "${prefix}0" mode tap; fi
  ip addr add "$network.254/24" dev "${prefix}0"
  ip link set "${prefix}0" up
  for i in $(seq "$count"); do add_host "$i"; done
  hosts >"$state/hostfile"
  if [ "$how" = switch ]; then start_switch; fi
  trap - EXIT
  echo "up: $count hosts, rate ${rate:-unlimited}, delay ${delay:-none}$([ "$how" = kernel ] || echo " (this kernel has no netem: by delay_switch, in user space)")"
}

add_host() { # NUMBER; reads how, rate, delay
  host=$prefix$1
  ip netns add "$host"
  mkdir -p "/etc/netns/$host" # `ip netns exec` shows this file as /etc/hosts
  cp "$state/hosts" "/etc/netns/$host/hosts"
  if [ "$how" = kernel ]; then
    ip link add "$host" type veth peer name eth0 netns "$host"
    ip link set "$host" master "${prefix}0" up
    shape "" "$host" "$rate" "" # into the host: its card is full duplex
  else
    ip -n "$host" tuntap add dev eth0 mode tap
  fi
  ip -n "$host" addr add "$network.$1/24" dev eth0
  ip -n "$host" link set lo up
  ip -n "$host" link set eth0 up
  # TCP the same on every machine: BBR needs long to find a rate; and an answer waits in the card behind 64 KiB of a message, not behind 4 MiB.
  ip netns exec "$host" sh -c 'cd /proc/sys/net/ipv4 && echo reno >tcp_congestion_control && echo 65536 >tcp_limit_output_bytes'
  shape "$host" eth0 "$rate" "$([ "$how" = switch ] || echo "$delay")" # out of the host
}

# shape HOST-OR-"" DEVICE RATE-OR-"" DELAY-OR-"": what leaves DEVICE.
shape() {
  inside=${1:+ip netns exec $1}
  # Segments of 64 KiB (TSO) would pass the shaper as one packet, and the rate would come in jerks.
  $inside ip link set "$2" gso_max_size 9000 2>/dev/null || true
  parent="root handle 1:"
  if [ -n "$4" ]; then
    # shellcheck disable=SC2086
    $inside tc qdisc add dev "$2" $parent netem delay "$4" limit 10000
    parent="parent 1: handle 2:"
  fi
  if [ -n "$3" ]; then
    # A burst of a few packets, so that short messages meet the rate, too.
    # shellcheck disable=SC2086
    $inside tc qdisc add dev "$2" $parent tbf rate "$3" burst 16kb latency 100ms
  fi
}

has_netem() {
  ip link add "${prefix}t1" type veth peer name "${prefix}t2"
  works=yes
  tc qdisc add dev "${prefix}t1" root netem delay 1us 2>/dev/null || works=no
  ip link del "${prefix}t1"
  [ $works = yes ]
}

build_switch() {
  mkdir -p "$(dirname "$delay_switch")"
  [ -n "$(find "$delay_switch" -newer "$here/delay_switch.cpp" 2>/dev/null)" ] || "${CXX:-c++}" -Wall -Wextra -std=c++20 -O2 -o "$delay_switch" "$here/delay_switch.cpp"
}

start_switch() {
  case $delay in
    *us) microseconds=${delay%us} ;;
    *ms) microseconds=${delay%ms}000 ;;
    *) die "--delay $delay: write it in us or ms" ;;
  esac
  # shellcheck disable=SC2046
  "$delay_switch" "$microseconds" "${prefix}0" $(hosts | sed 's|$|/eth0|') >"$state/switch.log" 2>&1 &
  echo $! >"$state/switch.pid"
  sleep 0.5
  kill -0 "$(cat "$state/switch.pid")" 2>/dev/null || { cat "$state/switch.log" >&2; die "delay_switch ended"; }
}

# --- down, status, run ---------------------------------------------------------------------------------------------------

down() {
  need_root
  [ ! -s "$state/switch.pid" ] || kill "$(cat "$state/switch.pid")" 2>/dev/null || true
  for host in $(hosts); do
    # Only what runs in this namespace: MPI jobs that were left behind. MPICH's proxies outlive a TERM, and spin.
    for pid in $(ip netns pids "$host"); do kill -9 "$pid" 2>/dev/null || true; done
    ip link del "$host" 2>/dev/null || true
    ip netns del "$host"
    rm -rf "/etc/netns/$host"
  done
  ip link del "${prefix}0" 2>/dev/null || true
  rm -rf "$state"
}

status() {
  [ -n "$(hosts)" ] || { echo "no virtual cluster"; return; }
  for host in $(hosts); do
    echo "$host $(ip -n "$host" -br addr show eth0 | awk '{ print $3 }'): $(ip netns exec "$host" tc qdisc show dev eth0 | tr '\n' ';')"
  done
  if [ -s "$state/switch.pid" ]; then echo "delay_switch: $(tr '\0' ' ' <"/proc/$(cat "$state/switch.pid")/cmdline")"; fi
}

# The MPI library must take TCP between hosts: both network layers that MPICH is built with are told so, and UCX not to complain where no
# such network is, outside. All hosts share this machine's cores, which polite waiting cannot see from inside one host, so it is told, too.
env() {
  [ -s "$state/hostfile" ] || die "no virtual cluster; begin with: virtual_cluster.sh up 4"
  echo "export UCX_TLS=tcp,self UCX_NET_DEVICES=eth0,lo UCX_LOG_LEVEL=error FI_PROVIDER=tcp FI_TCP_IFACE=eth0 GUARD_WAIT=${GUARD_WAIT:-polite}"
  echo "export MPIEXEC='${VIRTUAL_MPIEXEC:-$(find_mpiexec)} -f $state/hostfile -localhost $network.254 -launcher ssh -launcher-exec $here/enter_host'"
}

run() {
  need_root
  : "${1:?usage: virtual_cluster.sh run RANKS PROGRAM [ARGUMENTS]}"
  settings=$(env)
  eval "$settings"
  exec sh "$here/../mpi/launch" "$@"
}

find_mpiexec() {
  for candidate in mpiexec.mpich mpiexec.hydra mpiexec; do
    if command -v "$candidate" >/dev/null 2>&1; then echo "$candidate"; return; fi
  done
  die "no mpiexec of MPICH found"
}

case ${1:-} in
  up | down | status | env | run) verb=$1; shift; "$verb" "$@" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'; exit 2 ;;
esac

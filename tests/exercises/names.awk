# names.awk: looks at the names in the object of a student's file, before it is linked with what counts its calls and launches.
#
#   { nm -g -P MAIN LIBRARY...; echo handed in; nm -g -P OBJECT; } | awk -f names.awk
#
# Prints `error: ...` where a name leads around what is judged: to files (the input of all ranks), to memory and functions that cannot be seen from
# here, to MPI's calls that nobody counts; or where it takes the place of something of ours. What a task asks for needs none of these.
function wrong(text) { if (!found) print "error: " text; found = 1 }
function refuse(why) { wrong(name " is called: " why) }

$1 == "handed" && $2 == "in" { theirs = 1; next }
!theirs {
  if ($2 ~ /^[A-TV-Zu]$/ && NF > 2) ours[$1]
  if ($1 ~ /^_?_Z9log_calls/) logs = 1  # a task of chapter 05, whose messages.h is watched
  next
}

{ name = $1; type = $2 }

type ~ /^[Uw]$/ && $1 ~ /^PMPI_/ { wrong($1 " is called: call it without the P"); next }
type ~ /^[Uw]$/ && $1 ~ /^(MPI_(.*_c|.*_init|Start|Startall|I?[bB]send|Irsend|Isendrecv.*|Imrecv|Improbe|I?[nN]eighbor_.*|Ialltoall[vw]|Alltoallw|Igatherv|Iscatterv|Iscan|Iexscan|R?(put|get|accumulate|get_accumulate)|Put|Get|Accumulate|Get_accumulate|Fetch_and_op|Compare_and_swap|Win_.*|File_.*|Comm_(spawn.*|accept|connect|join|idup.*|create_from_group)|Session_.*|T_.*|Abort|Pcontrol)|MPIX_.*|mpi_.*)$/ {
  refuse("the judge does not count it; the chapters' calls are enough"); next
}
type ~ /^[Uw]$/ && $1 ~ /^MPI_Comm_(split|create)/ && forbids ~ /collectives/ { refuse("the task wants point-to-point calls"); next }
type ~ /^[Uw]$/ && logs && $1 ~ /^MPI_(I?[sS]?[sS]end|Rsend|I?[rR]ecv|Mrecv|Sendrecv.*|I?[pP]robe|Mprobe)$/ { refuse("the task wants messages.h"); next }
type ~ /^[Uw]$/ && $1 ~ /^(_Z9log_calls|_ZN?K?5guard|cuda_on_cpu_|_ZN11cuda_on_cpu8observerE)/ { refuse("it belongs to the judge"); next }
type ~ /^[Uw]$/ && $1 ~ /^_Z[0-9]+cuda(MallocHost|HostAlloc|HostRegister|MallocManaged|MemcpyFromSymbol|MemcpyFromSymbolAsync)/ { refuse("the work is to be done on the device"); next }
type ~ /^[Uw]$/ && $1 ~ /^(open(at)?(64)?|__open(at)?(64)?_2|creat(64)?|f(re)?open(64)?|fdopen|shm_open|popen|socket|socketpair|pipe2?|_ZNK?St1[34]basic_(filebuf|[io]?fstream).*|_ZNK?St10filesystem.*)$/ {
  refuse("a task needs no files; its input are its arguments"); next
}
type ~ /^[Uw]$/ && $1 ~ /^(dlv?sym|dlm?open|dladdr1?|dl_iterate_phdr|mmap(64)?|mremap|mprotect|process_vm_.*|shm(get|at)|syscall|prctl|ptrace|(__)?environ|_environ|setenv|putenv|unsetenv|clearenv|v?fork|clone|posix_spawnp?|exec[lv].*|fexecve|system|signal|(__)?sigaction|__sysv_signal|_exit|quick_exit|at_quick_exit|pthread_create|thrd_create|_ZNSt6thread.*|bcopy|memccpy|mempcpy|st[pr]n?cpy|swab|wmem.*)$/ {
  refuse("a task needs nothing of the system"); next
}
type == "U" && $1 == "_Exit" && forbids != "launches" { refuse("the function is to return"); next }

# From here on: what the file defines.
type ~ /^[Uwv]$/ { next }
type ~ /^[TWi]$/ && $1 !~ /^_?(_Z|__clang_)/ || type == "i" { wrong(name " is defined: a name that is not C++ may be one of the system's"); next }
$1 ~ /^_?_Z(n[aw]|d[al])/ { wrong("operator new or delete is defined: ours stays"); next }
($1 in ours) && (type !~ /^[WVu]$/ || $1 ~ /[0-9](Task|Input|Output|PlaceOfInput|Traffic|OnDevice|InputOnDevice|CountedCalls|LoggedMessages|MpiSession|say_of_input)|^_?counted_calls$/) { wrong(name " is defined: that name is taken by the judge's part of the program") }

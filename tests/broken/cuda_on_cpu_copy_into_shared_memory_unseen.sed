# common/cuda_on_cpu/check/shadow.cpp cuda_on_cpu_test */copied_while_another*
s/  check_processes(owner_of(to), Access::write, to, bytes);/  ;/

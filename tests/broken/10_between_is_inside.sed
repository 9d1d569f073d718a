# chapters/10_hybrid/machine_file.cpp 10_hybrid_plan_test MachineFile.*
s/machine.between = read_machine(between, file);/machine.messages = read_machine(between, file);/

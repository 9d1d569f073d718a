# chapters/10_hybrid/machine_file.cpp 10_hybrid_plan_test MachineFile.*
s/if (machine.\*number.value > 0)/if (machine.*number.value >= 0)/

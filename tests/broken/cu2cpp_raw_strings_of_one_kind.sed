# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.CopiesTheRest
s/word == "R" || word == "u8R" || word == "uR" || word == "UR" || word == "LR"/word == "R" || word == "u8R" || word == "uR" || word == "LR"/

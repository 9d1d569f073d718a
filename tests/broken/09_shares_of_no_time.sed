# chapters/09_tensor_parallel/tensor_report.cpp 09_programs_test Train.OfNoEpochs*
s/ || !(total > 0)) return;/ || !(total >= 0)) return;/

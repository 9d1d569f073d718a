# common/mpi_guard/diagnose.cpp mpi_guard_diagnosis_test Diagnosis.CollectivesThatDiffer
s/last = std::max(last, all\[rank\].past\[all\[rank\].past_count - 1\].number);/last = all[rank].past[all[rank].past_count - 1].number;/

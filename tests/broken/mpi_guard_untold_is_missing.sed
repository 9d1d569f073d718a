# common/mpi_guard/diagnose.cpp mpi_guard_diagnosis_test Diagnosis.MembersThatNeverCome
s/return report.progress_count < RankReport::max_progress ? 0 : UINT32_MAX;.*/return 0;/

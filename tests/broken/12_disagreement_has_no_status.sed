# chapters/12_restart/train.cpp 12_restart_measuring_test Train.HasAStatusIfItDisagreesWithTheSerialRun
s/return std::max(saved, report.end());/return report.end(), saved;/

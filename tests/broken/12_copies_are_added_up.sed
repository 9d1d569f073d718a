# chapters/12_restart/training_run.cpp 12_restart_run_test Run.SavesAfterEach*
s/std::to_string(int(1e3 \* snapshot_seconds_ \/ saves_ + 0.5))/std::to_string(int(1e3 * snapshot_seconds_ + 0.5))/

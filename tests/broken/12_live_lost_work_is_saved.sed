# chapters/12_restart/live.cpp 12_restart_live_test LiveGoodput.IsThatOfTheNativeSimulation
s/stretch.restart ? 2 : stretch.failed, end/stretch.restart ? 2 : 0, end/

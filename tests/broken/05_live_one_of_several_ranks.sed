# chapters/05_collectives/live.cpp 05_collectives_live_test LiveCollectives.SendWhatTheNativeOnesSend
s/whose |= unsigned(x)/whose = unsigned(x)/

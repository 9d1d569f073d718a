# chapters/12_restart/stop_signal.cpp 12_restart_folder_test StopSignal.ThatComesAgain*
s/  raise(signal);.*//

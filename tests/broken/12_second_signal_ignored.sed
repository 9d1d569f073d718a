# chapters/12_restart/stop_signal.cpp 12_restart_checkpoint_test StopSignal.ThatComesAgain*
s/  raise(signal);.*//

# chapters/12_restart/restart_options.cpp 12_restart_precision_test Restart.GoesOnWithItsMessages
s/    gradients_as = MessageFormat{format.narrow, format.widen};/    static_cast<void>(format);/

# chapters/12_restart/interval.cpp 12_restart_goodput_test Simulation.HasTheFormula*
s/    while (!pass(interval + f.checkpoint))/    if (!pass(interval + f.checkpoint))/

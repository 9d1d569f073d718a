# chapters/13_scaling/plot.sh common_pictures_test *SimulatedScaling*
s/^trap .*$//

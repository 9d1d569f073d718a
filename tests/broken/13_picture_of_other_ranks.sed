# chapters/13_scaling/plot.sh common_pictures_test *SimulatedScaling*
s/ranks=${1:-256}/ranks=${1:-64}/

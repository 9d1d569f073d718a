# chapters/13_scaling/plot.sh common_pictures_test Pictures.SimulatedScaling*
s/\[ \$way = grid \] || echo --data-only/[ $way = data ] || echo --data-only/

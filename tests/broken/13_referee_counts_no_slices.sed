# chapters/13_scaling/referee/run 13_scaling_referee_test RefereeScripts.Ask*
s/ranks=\$((data \* pipeline \* tensor))/ranks=$((data * pipeline))/

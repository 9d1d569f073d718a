# chapters/13_scaling/referee/run 13_scaling_referee_test RefereeScripts.Ask*
s/find "$file" chapters common -name '\*\.h' -newer/find "$file" -newer/

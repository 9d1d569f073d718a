# chapters/13_scaling/referee/run 13_scaling_referee_test RefereeScripts.Ask*
s/; s\/-rendezvous-us\.\*\/-rendezvous-us 0\/'/'/

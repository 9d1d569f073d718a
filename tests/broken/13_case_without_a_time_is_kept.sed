# chapters/13_scaling/referee/virtual_hosts 13_scaling_referee_test RefereeScripts.Measure*
s/if ((getline ms < times) != 1) exit 1;/getline ms < times;/

# chapters/13_scaling/hosts.cpp 13_scaling_hosts_test Hosts.AreThose*
s/read_cases(cases))/read_cases("chapters\/13_scaling\/referee\/cases.csv"))/

# chapters/13_scaling/messages.cpp 13_scaling_test Messages.AskedFor*
s/r.status.count_lo = int(m.bytes);/r.status.count_lo = int(r.bytes);/

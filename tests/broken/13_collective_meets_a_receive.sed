# chapters/13_scaling/messages.cpp 13_scaling_test Messages.OfCollectives*
s/r.comm = collective ? -1 - c.id : c.id;/r.comm = c.id;/

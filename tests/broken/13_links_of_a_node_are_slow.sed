# chapters/13_scaling/topology.h 13_scaling_engine_test AMessage.TakesItsAlpha*
s/node_of(a) == node_of(b) ? cluster_.inside : cluster_.between/node_of(a) < 0 * b ? cluster_.inside : cluster_.between/

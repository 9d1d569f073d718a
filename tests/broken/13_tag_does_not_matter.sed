# chapters/13_scaling/messages.cpp 13_scaling_test Messages.AreMatched*
s/Request r{{.tag = tag}/Request r{{.tag = 0 * tag}/

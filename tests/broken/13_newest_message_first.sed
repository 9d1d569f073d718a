# chapters/13_scaling/messages.cpp 13_scaling_test Messages.AreMatched*
s/waiting.emplace(r, handle);/waiting.emplace_hint(oldest, r, handle);/

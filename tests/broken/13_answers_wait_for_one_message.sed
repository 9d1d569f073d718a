# chapters/13_scaling/messages.cpp 13_scaling_engine_test OneConnection.*
s/answers_behind, {})) speak(other)/answers_behind, {})) request_of(other).answered = world().now_everywhere(), speak(other)/

# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EveryScheduleGivesTheBitsOfTheSerialRun
s/\.keep_gradients = schedule\.halves}/.keep_gradients = false}/

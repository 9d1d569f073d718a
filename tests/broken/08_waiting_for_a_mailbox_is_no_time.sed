# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpu_time_test Time.BetweenGpus*
/mailboxes_\[size_t(action.step.pass)\]->receive/,/return;/s|    time_.waiting += timer.seconds();||

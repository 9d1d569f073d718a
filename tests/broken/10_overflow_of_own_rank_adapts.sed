# chapters/10_hybrid/hybrid_model.cpp 12_restart_precision_test Scale.IsAgreed*
s/scale_->adapt(finite);/scale_->adapt(update_.finite());/

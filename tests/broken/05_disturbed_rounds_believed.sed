# chapters/05_collectives/core_share.h 05_collectives_cost_test CoreShare.*
s|return verdict(median(lost), ranks_on_node);|return verdict(quantile(lost, 0), ranks_on_node);|

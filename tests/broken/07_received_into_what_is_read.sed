# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.WorksWhere*
s/^    if (!has_views_) post_receives(u);/    post_receives(u);/
/^  if (has_views_) post_receives(u);/d

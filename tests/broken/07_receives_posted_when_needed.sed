# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PostsReceives*
/^    if (!has_views_) post_receives(u);/d
s/^  if (has_views_) post_receives(u);/  post_receives(u);/

# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PostsReceives*
/^    post_receives(u);/d
s/^  if (std::ranges::count(contributors_, rank_))/  post_receives(u); &/

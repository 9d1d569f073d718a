# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_test TwoLevels.TakeTheNodes*
s|nodes_of(grid.data())|nodes_of(grid.all())|

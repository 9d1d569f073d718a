# chapters/05_collectives/shared_window.cpp 05_collectives_nodes_test SharedWindowTest.Refuses*
s/\&\& window->belongs_to(comm))/\&\& (inside || window->belongs_to(comm)))/

# chapters/05_collectives/table.cpp 05_collectives_test Each/AllreduceTest.OrderDependsOnPositionAsDeclared/ring
s/{"ring", allreduce_ring, depends_on_position}/{"ring", allreduce_ring}/

# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *AddsInRankOrder*
/if (is_short) {/,/};/s/^      messages_.wait();$/      messages_.progress();/

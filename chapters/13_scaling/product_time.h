// What a product of matrices costs by its shape: whole tiles, whole waves of them, and a table of measured products.
//
// A product c (m, n) = a (m, k) · b (k, n) is made of tiles of tile_rows x tile_columns of c. A multiprocessor computes one tile at a time,
// so `multiprocessors` of them are computed together, a wave. A tile at the edge and a wave that is not full take as long as any other one.
#pragma once

#include "chapters/13_scaling/cluster.h"

// Seconds of the arithmetic. Without a table: by the cluster's speed. With one: by the speed of the measured product whose shape is nearest,
// that is, where m, n and k must be multiplied or divided least; of equally near ones the first.
double product_seconds(const Cluster& cluster, int m, int n, int k);

// A table as `make bench-01 ARGS="--all-products --csv FILE"` or `make gpu-report` writes it: the line of names has m, n, k, product and
// gflops. text: the file's name; or FILE:PRODUCT, for a table with several products of each shape.
// Throws Error naming the line: no such file or product, a column or number that is missing, several products where none is named.
std::vector<MeasuredProduct> read_products(const std::string& text);

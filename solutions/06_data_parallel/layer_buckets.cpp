// Buckets of whole layers: the last layer leaves first, and no bucket is larger than it must be.

// Chapter 06 cuts the gradients into pieces of one length, wherever layers end. Here layers stay whole: a bucket is one
// layer or several neighbours.
//
// Layers join buckets in the order in which backward finishes them: from layers - 1 down to 0. A layer joins the bucket
// of the layer behind it, unless that bucket would then have more than `limit` parameters; then it begins the next
// bucket. A layer that is larger than the limit has a bucket of its own.
//
// bucket_of (layers): the bucket of each layer; bucket 0 leaves first.  parameters (layers): of each layer, at least 1.
// layers and limit are at least 1.  Returns the number of buckets.
int layer_buckets(int* bucket_of, const int* parameters, int layers, int limit) {
  // BEGIN SOLUTION
  int bucket = 0, filled = 0;
  for (int layer = layers - 1; layer >= 0; --layer) {
    if (filled > 0 && filled + parameters[layer] > limit) {
      ++bucket;
      filled = 0;
    }
    bucket_of[layer] = bucket;
    filled += parameters[layer];
  }
  return bucket + 1;
  // TODO
  // Go through the layers as backward does. When is the bucket that is being filled closed: before or after a layer joins?
  // STUB
  // for (int layer = 0; layer < layers; ++layer) bucket_of[layer] = 0;
  // return 1;
  // END SOLUTION
}

#include "chapters/06_data_parallel/reference_run.h"

#include "chapters/01_serial/head.h"
#include "common/timer.h"

ReferenceRun train_serially(const DataParallelOptions& o, const Dataset& train, Device& device) {
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(device, layout.count, Purpose::parameters);
  const Buffer gradients(device, layout.count, Purpose::gradients);
  ReferenceRun run;
  run.initial.resize(layout.count);
  initialize(run.initial.data(), layout, uint64_t(o.seed));
  device.copy_in(parameters.data(), run.initial.data(), layout.count);

  const Space space{.rows = o.TrainOptions::largest_micro_batch()};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, o.optimizer, layout.count);

  const std::vector<Range> all_batches = batches(train.count, size_t(o.batch));
  size_t step = 0;
  const Timer timer;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : all_batches) {
      run.loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, size_t(o.micro_batches), size_t(m));
        if (rows.empty()) continue;
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(write);
        run.loss += head.loss(mlp, batch.size());
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients, o.rate_scale(step++, all_batches.size()));
    }
  }
  run.weights.resize(layout.count);
  device.copy_out(run.weights.data(), parameters.data(), layout.count);
  run.seconds = timer.seconds();
  return run;
}

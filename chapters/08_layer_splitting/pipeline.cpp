#include "chapters/08_layer_splitting/pipeline.h"

#include <algorithm>
#include <climits>
#include <numeric>
#include <string>

#include "chapters/01_serial/activation_store.h"
#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/mpi_guard/trace.h"
#include "common/timer.h"

namespace {

int message_length(size_t n) {
  if (n > INT_MAX) throw Error("pipeline: a message of " + std::to_string(n) + " floats, choose more --micro-batches");
  return int(n);
}

// What travels of n numbers at p: floats, by way of their view; direct: as they lie in a GPU's memory. Or for chapter 11, skip it now: what
// the device has stored, as it is.
struct Message {
  MessageView view;
  void* data;
  int count;
  MPI_Datatype type;
};
Message message_of(Device& device, float* p, size_t n, bool direct) {
  const MessageView view(device, p, n);
  return {view, direct ? p : view.data(), message_length(n), view.stored() ? MPI_UINT16_T : MPI_FLOAT};
}

// The two halves of Mlp::backward. A slot keeps all that the second one reads. The hooks are those that have to do with the
// gradients of inputs: nobody looks at those of weights layer by layer here.
void backward_inputs(Mlp& mlp, int slot) {
  for (int l = mlp.depth() - 1; l >= 0; --l) {
    if (mlp.hooks.before_backward) mlp.hooks.before_backward(l, slot);
    mlp.backward_layer_input(l, slot);
    if (mlp.hooks.after_input_gradient && mlp.has_input_gradient(l)) mlp.hooks.after_input_gradient(l, slot);
    if (mlp.hooks.after_backward) mlp.hooks.after_backward(l, slot);
  }
}

void backward_weights(Mlp& mlp, Write write, int slot) {
  for (int l = mlp.depth() - 1; l >= 0; --l) mlp.backward_layer_weights(l, write, slot);
}

}  // namespace

Pipeline::Pipeline(Device& device, const Schedule& schedule, const StageLayout& layout, float* parameters,
                   float* gradients, int rows, MPI_Comm comm, const std::string& exchange, std::unique_ptr<PipelineHead> head)
    : device_(device),
      schedule_(schedule),
      layout_(layout),
      rows_(rows),
      comm_(comm),
      stage_(rank_of(comm)),
      gradients_(gradients),
      actions_(actions_of(schedule, stage_)),
      head_(std::move(head)) {
  if (schedule.stages != ranks_of(comm))
    throw Error("pipeline: a schedule for " + std::to_string(schedule.stages) + " stages on " +
                std::to_string(ranks_of(comm)) + " ranks");
  for (size_t i = 0; i < layout.chunks.size(); ++i) {
    const size_t chunk = i * size_t(schedule.stages) + size_t(stage_);
    const Space space{.rows = rows, .slots = schedule.slots[chunk], .input_gradient = chunk > 0, .keep_every = schedule.keep_every,
                      .keep_gradients = schedule.halves};
    mlps_.emplace_back(device, layout.chunks[i], parameters + layout.offsets[i], gradients + layout.offsets[i], space);
    // The stage before waits for the gradient of this chunk's input, and nobody for those of its first layer's weights.
    mlps_.back().hooks.after_input_gradient = [this](int layer, int slot) {
      if (layer > 0) return;
      const Action action{Do::send, step_, schedule_.stage_of(step_.chunk - 1)};
      send(action, size_t(mlp_of(step_).rows(slot)), When::early);
    };
  }
  requests_.assign(4 * mlps_.size() * size_t(std::ranges::max(schedule.slots)), MPI_REQUEST_NULL);
  go_between_gpus(exchange);
  if (last_stage() && !head_) head_ = std::make_unique<SoftmaxPipelineHead>(device, rows, schedule.slots.back());
}

double Pipeline::step(const Dataset& data, std::span<const uint32_t> order, Range batch) {
  std::vector<Range> micro_batches;
  for (int m = 0; m < schedule_.micro_batches; ++m)
    micro_batches.push_back(share(batch, size_t(schedule_.micro_batches), size_t(m)));
  const Timer timer;
  double loss = run(data, order, micro_batches, batch.size());
  const Timer waiting;
  MPI_CHECK(MPI_Bcast(&loss, 1, MPI_DOUBLE, schedule_.stages - 1, comm_));
  time_.waiting += waiting.seconds();
  time_.total += timer.seconds();
  return loss;
}

double Pipeline::run(const Dataset& data, std::span<const uint32_t> order, std::span<const Range> micro_batches,
                     size_t batch_rows) {
  Batch batch{.data = data, .order = order, .micro_batches = micro_batches, .rows = batch_rows};
  for (int m = 0; m < int(micro_batches.size()); ++m) {
    if (micro_batches[size_t(m)].empty()) continue;
    if (batch.first < 0) batch.first = m;
    batch.last = m;
  }
  losses_.assign(micro_batches.size(), 0.0);
  if (clock_) clock_->seconds();  // reads the step before
  walk(actions_, batch, true);
  if (waits_late_ && last_stage()) read_losses(batch);
  if (batch.first < 0) {
    device_.fill(gradients_, 0, layout_.count);
    for (int chunk = chunks() - 1; chunk >= 0 && hooks.gradients_complete; --chunk) hooks.gradients_complete(chunk);
  }
  return std::accumulate(losses_.begin(), losses_.end(), 0.0);
}

void Pipeline::walk(const std::vector<Action>& actions, const Batch& batch, bool training) {
  const std::function<void()> before = device_.meanwhile;  // what others have under way moves on, too
  device_.meanwhile = [=, this] { progress(), before ? before() : void(); };
  for (const Action& action : actions) {
    const size_t rows = batch.micro_batches[size_t(action.step.micro_batch)].size();
    if (rows == 0) continue;  // on all stages
    switch (action.what) {
      case Do::post_receive: post_receive(action, rows); break;
      case Do::receive: receive(action, rows); break;
      case Do::wait_for_send: wait_for_send(action.step); break;
      case Do::compute:
        if (action.step.pass == Pass::forward) forward(action.step, batch, training);
        else backward(action.step, batch);
        break;
      case Do::send:
        send(action, rows, When::in_time);
        sending_ = Sending::nothing;
        break;
    }
  }
  wait_for_sends();
  device_.meanwhile = before;
}

// --- Computing -------------------------------------------------------------------------------------------------------

void Pipeline::forward(const Step& step, const Batch& batch, bool training) {
  const Timer timer;
  const TraceRegion region("forward", step.micro_batch);
  Mlp& mlp = mlp_of(step);
  const int slot = schedule_.slot(step);
  const Range rows = batch.micro_batches[size_t(step.micro_batch)];
  if (clock_ && training) clock_->begin();
  if (step.chunk == 0 && waits_late_ && training) load_images_early(step, batch);
  else if (step.chunk == 0) load_images(mlp, batch.data, batch.order, rows, slot);
  mlp.forward(int(rows.size()), slot);
  if (clock_ && training) clock_->end();
  if (has_head(step) && !training) correct_ += head_->count_correct(mlp, batch.data, rows, slot);
  if (step.chunk == 0 && waits_late_ && !training) device_.synchronize();  // or the next images would overwrite these in their view
  time_.computing += timer.seconds();
}

void Pipeline::backward(const Step& step, const Batch& batch) {
  const Timer timer;
  const bool inputs = step.pass == Pass::backward, weights = step.pass == schedule_.last_pass();
  const TraceRegion region(inputs ? "backward" : "weights", step.micro_batch);
  Mlp& mlp = mlp_of(step);
  const int chunk = local(step.chunk), slot = schedule_.slot(step), m = step.micro_batch;
  const Range rows = batch.micro_batches[size_t(m)];
  Write write = m == batch.first ? Write::overwrite : Write::accumulate;
  if (clock_) clock_->begin();
  if (weights && hooks.before_backward) write = hooks.before_backward(chunk, m);
  if (inputs && has_head(step)) {
    head_->backward(mlp, batch.data, batch.order, rows, batch.rows, slot, m);
    if (hooks.after_head) hooks.after_head(mlp, slot);
  }
  step_ = step;
  const double counted = time_.copying + time_.computing;
  if (inputs && weights) mlp.backward(write, slot);
  else if (inputs) backward_inputs(mlp, slot);
  else backward_weights(mlp, write, slot);
  if (clock_) clock_->end();
  // From a GPU the gradient leaves now: the loss waits for the products that are still under way.
  if (sending_ == Sending::copying) send({Do::send, step, schedule_.stage_of(step.chunk - 1)}, rows.size(), When::in_time);
  if (!waits_late_ && inputs && has_head(step)) losses_[size_t(m)] = head_->loss(mlp, batch.rows, slot, m);
  time_.computing += timer.seconds() - (time_.copying + time_.computing - counted);
  if (!weights) return;
  if (hooks.after_backward) hooks.after_backward(chunk, m);
  if (m == batch.last && hooks.gradients_complete) hooks.gradients_complete(chunk);
}

PipelineTime Pipeline::time() const {
  PipelineTime time = time_;
  if (clock_) time.computing = clock_->seconds();
  return time;
}

// --- Messages --------------------------------------------------------------------------------------------------------

Pipeline::Place Pipeline::input_of(const Step& step) {
  Mlp& mlp = mlp_of(step);
  const int slot = schedule_.slot(step);
  if (step.pass == Pass::forward) return {mlp.input(slot), size_t(mlp.layout().in())};
  return {mlp.output_gradient(slot), size_t(mlp.layout().out())};
}

Pipeline::Place Pipeline::output_of(const Step& step) {
  Mlp& mlp = mlp_of(step);
  const int slot = schedule_.slot(step);
  if (step.pass == Pass::forward) return {mlp.output(slot), size_t(mlp.layout().out())};
  return {mlp.input_gradient(slot), size_t(mlp.layout().in())};
}

MPI_Request& Pipeline::request_of(const Step& step, Way way) {
  const size_t slots = requests_.size() / (4 * mlps_.size());
  return requests_[((2 * size_t(way) + size_t(step.pass)) * mlps_.size() + size_t(local(step.chunk))) * slots + size_t(schedule_.slot(step))];
}

// Nothing reads the slot's view any more: since the last copy from it the host has waited for an output of that micro-batch, which was
// copied behind it, or for its loss.
void Pipeline::post_receive(const Action& action, size_t rows) {
  if (between_gpus()) return;  // the box is there
  if (by_mpi()) wait_for_gpu();  // or it would still read what the message overwrites
  const Place place = input_of(action.step);
  const Message message = message_of(device_, place.data, rows * place.width, by_mpi());
  MPI_CHECK(MPI_Irecv(message.data, message.count, message.type, action.other,
                      message_tag(source_of(action.step), schedule_.chunks()), comm_, &request_of(action.step, Way::in)));
}

void Pipeline::receive(const Action& action, size_t rows) {
  const Place place = input_of(action.step);
  if (action.other == stage_)
    return device_.copy(place.data, output_of(source_of(action.step)).data, rows * place.width);

  const size_t n = rows * place.width;
  const Timer timer;
  if (between_gpus()) {
    mailboxes_[size_t(action.step.pass)]->receive(place.data, in_floats(place.data, n));
    time_.waiting += timer.seconds();
    return;
  }
  MPI_CHECK(MPI_Wait(&request_of(action.step, Way::in), MPI_STATUS_IGNORE));
  const double waited = timer.seconds();
  if (!by_mpi()) {
    const MessageView view = message_of(device_, place.data, n, false).view;
    view.begin_in();
    view.end_in();
  }
  time_.waiting += waited;
  time_.copying += timer.seconds() - waited;
}

// Early: while products of the step are still to be computed. Where the message has to be copied from a GPU first, that is begun
// early and ended in time: the host hands the GPU those products meanwhile.
void Pipeline::send(const Action& action, size_t rows, When when) {
  if (action.other == stage_) return;       // receive copies it
  if (sending_ == Sending::posted) return;  // it is on its way
  const Place place = output_of(action.step);
  const size_t n = rows * place.width;
  const Timer timer;
  if (between_gpus()) {
    mailboxes_[size_t(action.step.pass)]->send(place.data, in_floats(place.data, n));
    sending_ = Sending::posted;
    time_.waiting += timer.seconds();
    return;
  }
  const Message message = message_of(device_, place.data, n, by_mpi());
  double waited = 0;  // for the GPU: mostly it computes
  if (sending_ == Sending::nothing && !by_mpi()) message.view.begin_out();
  sending_ = Sending::copying;
  if (when == When::in_time || message.data == place.data) {
    if (!by_mpi()) message.view.end_out();
    if (by_mpi()) wait_for_gpu();
    if (by_mpi() || message.data != place.data) waited = timer.seconds();
    sending_ = Sending::posted;
    const int tag = message_tag(action.step, schedule_.chunks());
    MPI_CHECK(MPI_Isend(message.data, message.count, message.type, action.other, tag, comm_,
                        &request_of(action.step, Way::out)));
  }
  time_.computing += waited;
  time_.copying += timer.seconds() - waited;
}

void Pipeline::wait_for_send(const Step& step) {
  if (between_gpus()) return mailboxes_[size_t(step.pass)]->sent(output_of(step).data);
  const Timer timer;
  MPI_CHECK(MPI_Wait(&request_of(step, Way::out), MPI_STATUS_IGNORE));
  time_.waiting += timer.seconds();
}

void Pipeline::wait_for_sends() {
  const Timer timer;
  MPI_CHECK(MPI_Waitall(int(requests_.size() / 2), requests_.data(), MPI_STATUSES_IGNORE));
  time_.waiting += timer.seconds();
}

// While a pass is computed. A request that is complete is MPI_REQUEST_NULL from then on, for which nobody waits.
void Pipeline::progress() {
  int complete;
  MPI_CHECK(MPI_Testall(int(requests_.size()), requests_.data(), &complete, MPI_STATUSES_IGNORE));
}

// --- Evaluation ------------------------------------------------------------------------------------------------------

size_t Pipeline::count_correct(const Dataset& data, Range rows) {
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  std::vector<Range> pieces;
  for (size_t first = rows.first; first < rows.last; first += size_t(rows_))
    pieces.push_back({first, std::min(first + size_t(rows_), rows.last)});
  const Schedule schedule = make_evaluation_schedule(schedule_, int(pieces.size()));

  const PipelineTime training = time_;
  correct_ = 0;
  walk(actions_of(schedule, stage_), {.data = data, .order = order, .micro_batches = pieces}, false);
  time_ = training;
  return correct_;
}

size_t Pipeline::count_correct(const Dataset& data) {
  uint64_t correct = count_correct(data, {0, data.count});
  MPI_CHECK(MPI_Bcast(&correct, 1, MPI_UINT64_T, schedule_.stages - 1, comm_));
  return correct;
}

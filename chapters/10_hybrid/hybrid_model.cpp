#include "chapters/10_hybrid/hybrid_model.h"

#include <bit>
#include <climits>
#include <csignal>

#include "chapters/08_layer_splitting/partition.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

StageLayout stage_layout(const HybridSettings& s, const GridShape& shape, const GridPlace& place) {
  const std::vector<Range> chunks = balanced_chunks(s.sizes, shape.pipeline * s.chunks);
  return make_stage_layout(s.sizes, chunks, shape.pipeline, place.pipeline, {place.tensor, shape.tensor});
}

Schedule stage_schedule(const HybridSettings& s, const GridShape& shape, const GridPlace& place) {
  const size_t own = own_micro_batches(s.micro_batches, shape.data, place.data).size();
  // With fewer micro-batches than data ranks some have none: theirs is one without rows.
  return make_schedule(s.schedule, shape.pipeline, s.chunks, int(std::max<size_t>(own, 1)), s.keep_every);
}

Nodes data_nodes(const HybridSettings& s, const GridShape& shape, const GridPlace& place) {
  std::vector<int> names(size_t(shape.data));
  for (int d = 0; d < shape.data && !s.nodes.empty(); ++d) names[size_t(d)] = s.nodes[size_t(rank_at({d, place.pipeline, place.tensor}, shape))];
  return make_nodes(names);
}

namespace {

Nodes nodes_to_exchange_over(const HybridSettings& s, const Grid& grid) {
  if (!s.two_level) return {};
  return s.nodes.empty() ? nodes_of(grid.data()) : data_nodes(s, grid.shape, grid.place);
}

}  // namespace

HybridModel::HybridModel(Device& device, const Grid& grid, const HybridSettings& settings)
    : device_(device),
      grid_(grid),
      settings_(settings),
      layout_(stage_layout(settings, grid.shape, grid.place)),
      parameters_(device, layout_.count, Purpose::parameters),
      gradients_(device,
                 layout_.count * own_terms(settings.micro_batches, settings.reproducible, grid.shape.data, grid.place.data),
                 Purpose::gradients),
      pipeline_(device, stage_schedule(settings, grid.shape, grid.place), layout_, parameters_, gradients_,
                settings.rows(), grid.pipeline(), settings.exchange, make_head()),
      update_(pipeline_, parameters_, gradients_, settings.optimizer, settings.micro_batches, settings.reproducible,
              grid.data(), {settings.optimizer.clip_norm, grid.all(), grid.place.tensor}, nodes_to_exchange_over(settings, grid),
              settings.gradients_as, settings.exchange) {
  if (grid.shape.tensor > 1) attach_tensor_ranks();
}

std::unique_ptr<PipelineHead> HybridModel::make_head() {
  if (grid_.shape.tensor == 1 || !grid_.last_stage()) return nullptr;  // chapter 08's own
  auto head = std::make_unique<SplitPipelineHead>();
  split_head_ = head.get();
  return head;
}

void HybridModel::attach_tensor_ranks() {
  for (int chunk = 0; chunk < pipeline_.chunks(); ++chunk)
    tensor_.emplace_back(pipeline_.mlp(chunk), settings_.allreduce, grid_.tensor(), settings_.exchange);
  const Schedule& schedule = pipeline_.schedule();
  if (split_head_) split_head_->attach(tensor_.back(), pipeline_.waits_late() ? schedule.micro_batches : schedule.slots.back());
}

void HybridModel::initialize(uint64_t seed) {
  std::vector<float> weights(layout_.count);
  ::initialize(weights.data(), layout_, seed);
  device_.copy_in(parameters_.data(), weights.data(), weights.size());
}

HybridModel::StepResult HybridModel::step(const Dataset& data, std::span<const uint32_t> order, Range batch, int signal) {
  const size_t parts = size_t(settings_.micro_batches);
  std::vector<Range> rows;
  for (size_t m = 0; m < parts; ++m) rows.push_back(share(batch, parts, m));
  const Range own = own_micro_batches(settings_.micro_batches, grid_.shape.data, grid_.place.data);

  update_.begin(rows);
  const Range none{};
  const auto mine = own.empty() ? std::span(&none, 1) : std::span(rows).subspan(own.first, own.size());
  pipeline_.run(data, order, mine, batch.size());
  if (!scale_) update_.finish();
  else update_.add_up();

  // Each micro-batch's loss is known to one rank, the others add zeros: so all have all, exactly, whatever the order. The
  // sum over micro-batches then goes in their order, as in chapter 01.
  std::vector<double> all(parts + (scale_ ? 3 : 2), 0.0);
  if (grid_.last_stage() && grid_.place.tensor == 0)
    for (size_t m = own.first; m < own.last; ++m) all[m] = pipeline_.losses()[m - own.first];
  all[parts] = signal == SIGTERM;
  all[parts + 1] = signal != 0 && signal != SIGTERM;
  if (scale_) all[parts + 2] = !update_.finite();
  const Timer timer;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, all.data(), int(all.size()), MPI_DOUBLE, MPI_SUM, grid_.all()));
  waiting_ += timer.seconds();
  if (scale_) {
    const bool finite = all[parts + 2] == 0;  // on all ranks
    if (finite) update_.take_step(scale_->value());
    else update_.skip_step();
    scale_->adapt(finite);
  }
  double loss = 0;
  for (size_t m = 0; m < parts; ++m) loss += all[m];
  return {loss, all[parts] > 0 ? SIGTERM : all[parts + 1] > 0 ? SIGUSR1 : 0};
}

void HybridModel::scale_gradients(GradientScale& scale) {
  scale_ = &scale;
  pipeline_.hooks.after_head = [this](Mlp& mlp, int slot) { scale_->scale(mlp, slot); };
}

size_t HybridModel::count_correct(const Dataset& data) {
  const Range rows = share(data.count, size_t(grid_.shape.data), size_t(grid_.place.data));
  uint64_t correct = pipeline_.count_correct(data, rows);
  if (!grid_.last_stage() || grid_.place.tensor > 0) correct = 0;  // somebody else says it
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &correct, 1, MPI_UINT64_T, MPI_SUM, grid_.all()));
  return correct;
}

// Every number is on one rank; the others have zero bits there. A sum of whole numbers keeps them, also those of -0.
std::vector<float> HybridModel::weights() {
  std::vector<uint32_t> bits(layout_.whole_count);
  if (bits.size() > INT_MAX) throw Error("weights: " + std::to_string(bits.size()) + " numbers are too many for MPI");
  std::vector<float> part;
  for (const Segment& s : segments_to_write()) {
    if (s.place >= bits.size()) continue;  // state
    part.resize(s.count);
    device_.copy_out(part.data(), s.memory, s.count);
    for (size_t i = 0; i < s.count; ++i) bits[s.place + i] = std::bit_cast<uint32_t>(part[i]);
  }
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, bits.data(), int(bits.size()), MPI_UINT32_T, MPI_SUM, grid_.all()));
  std::vector<float> whole;
  for (uint32_t word : bits) whole.push_back(std::bit_cast<float>(word));
  return whole;
}

void HybridModel::set_weights(std::span<const float> whole) {
  for (const Segment& s : segments_to_read())
    if (s.place < whole.size()) device_.copy_in(s.memory, whole.data() + s.place, s.count);  // what is behind is state
}

HybridModel::Ways HybridModel::ways() const {
  enum { host, mpi, peer };  // what goes well for all ranks but one goes as for that one
  const auto way_of = [](bool between_gpus, bool by_mpi) { return by_mpi ? mpi : between_gpus ? peer : host; };
  int way[3] = {peer, way_of(pipeline_.between_gpus(), pipeline_.by_mpi()), way_of(update_.between_gpus(), update_.by_mpi())};
  for (const TensorParallel& t : tensor_) way[0] = std::min<int>(way[0], way_of(t.between_gpus(), t.by_mpi()));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, way, 3, MPI_INT, MPI_MIN, grid_.all()));
  const std::pair<const char*, int> groups[3] = {{"slices", grid_.shape.tensor}, {"stages", grid_.shape.pipeline}, {"data ranks", grid_.shape.data}};
  Ways ways;
  std::string* const texts[3] = {&ways.through_host, &ways.by_mpi, &ways.between_gpus};
  for (int i = 0; i < 3; ++i)
    if (groups[i].second > 1) *texts[way[i]] += (texts[way[i]]->empty() ? "" : ", ") + std::string(groups[i].first);
  return ways;
}

size_t HybridModel::waits_for_messages() const {
  size_t waits = pipeline_.waits_for_messages() + update_.waits_for_messages();
  for (const TensorParallel& t : tensor_) waits += t.between_gpus() ? t.counted().waits : 0;
  return waits;
}

HybridModel::Time HybridModel::time() const {
  double in_tensor = 0, copying = pipeline_.time().copying + update_.time().copying;
  for (const TensorParallel& t : tensor_) {
    in_tensor += t.time().exchanging + t.time().copying;
    copying += t.time().copying;
  }
  double waiting = pipeline_.time().waiting + update_.time().exchanging + waiting_;
  for (const TensorParallel& t : tensor_) waiting += t.time().exchanging;
  return {pipeline_.time().computing - in_tensor, waiting, copying};
}

// ---- checkpoints ----

int HybridModel::vectors() const { return 1 + Optimizer(device_, settings_.optimizer, 0).state_vectors(); }

void HybridModel::set_steps(uint64_t steps) {
  for (size_t l = 0; l < update_.shards().units.size(); ++l) update_.optimizer(l).set_steps(int(steps));
}

// A layer's segments are those of its chunk, moved by where the chunk begins.
std::vector<Segment> HybridModel::segments(Copies copies, bool whole_parameters) {
  const Layout whole = make_layout(settings_.sizes);
  const Slice slice{grid_.place.tensor, grid_.shape.tensor};
  const Shards& shards = update_.shards();
  std::vector<Segment> all;
  const auto add = [&](size_t chunk, Range range, float* memory, int vector) {
    const size_t offset = layout_.offsets[chunk];
    const auto some = segments_of(layout_.chunks[chunk], whole, slice, {range.first - offset, range.last - offset}, memory,
                                  size_t(vector) * whole.count, copies);
    all.insert(all.end(), some.begin(), some.end());
  };
  for (int v = 0; v < vectors(); ++v)
    for (size_t chunk = 0, layer = 0; chunk < layout_.chunks.size(); ++chunk)
      for (size_t l = 0; l < layout_.chunks[chunk].layers.size(); ++l, ++layer) {
        const Range part = shards.part(layer, grid_.place.data);
        const Range range = v == 0 && whole_parameters ? shards.units[layer].range : part;
        add(chunk, range, v == 0 ? parameters_ + range.first : update_.optimizer(layer).state(v - 1), v);
      }
  return all;
}

std::vector<Segment> HybridModel::segments_to_write() { return segments(Copies::first_only, false); }
std::vector<Segment> HybridModel::segments_to_read() { return segments(Copies::all, true); }

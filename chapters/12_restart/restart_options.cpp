#include "chapters/12_restart/restart_options.h"

#include <charconv>

#include "common/error.h"

void RestartOptions::declare(Options& options) {
  HybridOptions::declare(options);
  PrecisionOptions::declare(options);
  options.add("messages", &messages, "in what gradients travel between data ranks; they are added in floats", {"float", "bf16"});
  options.add("checkpoint", &checkpoint, "folder for checkpoints, empty for none");
  options.add("save-every", &save_every, "steps between checkpoints, 0 for one each epoch", at_least(0));
  options.add("keep", &keep, "how many checkpoints to keep", between(1, 1000));
  options.add("disk-patience", &disk_patience, "seconds to wait for a busy disk, or for an earlier run to leave the folder", at_least(0));
  options.add("resume", &resume, "continue from the newest good checkpoint, if there is one");
  options.add("start-over", &start_over, "begin anew; checkpoints that are there are moved into FOLDER/before_1, _2, ...");
  options.add("plan", &plan, "only choose the grid for so many ranks, 0 for none: status 0 if there is one", at_least(0));
}

void RestartOptions::apply(Dataset& train, int ranks_of_node, int node_rank) {
  find_checkpoint();
  if (plan > 0) ranks = ranks_of_node = int(plan);
  PrecisionOptions::apply(device, compare_with_serial);
  if (messages != "float") {
    if (compare_with_serial) throw Error("--compare-with-serial: the serial run adds gradients in float, not in " + messages);
    const SixteenBits& format = sixteen_bits(messages.c_str());
    gradients_as = MessageFormat{format.narrow, format.widen};
  }
  if (precision != "float") activation_bytes = 2;
  HybridOptions::apply(train, ranks_of_node, node_rank);
  data_ = data_of(train);
  if (!found.file.empty()) only_bits = require_same_run(found.header, header(0), found.file);
}

void RestartOptions::find_checkpoint() {
  if (resume && start_over) throw Error("--resume continues a run, --start-over begins a new one: choose one of them");
  if ((resume || start_over) && checkpoint.empty())
    throw Error(std::string(resume ? "--resume: from" : "--start-over: in") + " which --checkpoint folder?");
  if (checkpoint.empty()) return;
  const CheckpointFolder folder(checkpoint, int(keep), MPI_COMM_WORLD);
  if (plan == 0) lock_ = std::make_shared<FolderLock>(checkpoint, disk_patience, MPI_COMM_WORLD);
  if (start_over) return;
  if (!resume && folder.has_some())
    throw Error(checkpoint + ": holds checkpoints: --resume continues from the newest, --start-over moves them to " + checkpoint +
                "/before_1 (or the next number) and begins anew");
  if (resume) found = folder.newest_good();
  if (found.file.empty()) return;
  if (const std::string* theirs = found.header.option("micro-batches"); theirs && micro_batches == 0)
    micro_batches = std::stoll(*theirs);
}

namespace {

std::string shortest(double number) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
}

}  // namespace

CheckpointHeader RestartOptions::header(uint64_t step) const {
  CheckpointHeader h;
  h.sizes = settings().sizes;
  h.data = data_;
  h.vectors = 1 + state_vectors(optimizer);
  h.step = step;
  std::string widths;
  for (int64_t width : hidden) widths += (widths.empty() ? "" : ",") + std::to_string(width);
  h.options = {{"hidden", widths.empty() ? "none" : widths},
               {"batch", std::to_string(batch)},
               {"micro-batches", std::to_string(micro_batches)},
               {"optimizer", optimizer.name},
               {"learning-rate", shortest(optimizer.learning_rate)},
               {"momentum", shortest(optimizer.momentum)},
               {"clip-norm", shortest(optimizer.clip_norm)},
               {"train-samples", std::to_string(samples)},
               {"seed", std::to_string(seed)},
               {"reproducible", reproducible ? "yes" : "no"},
               {"device", device},
               {"replicas", reproducible ? "any" : std::to_string(grid.data)},
               {"tensor", std::to_string(grid.tensor)},
               {"levels", reproducible ? "any" : std::to_string(levels)}};
  if (precision != "float") h.options.emplace_back("precision", precision);
  if (messages != "float") h.options.emplace_back("messages", messages);
  return h;
}

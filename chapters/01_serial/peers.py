#!/usr/bin/env python3
"""The course's training step beside NumPy, PyTorch and JAX: the same network, batch, data and precision, on one core and on two.

    make bench-peers                        compares what is installed here, and prints a table
    make bench-peers ARGS="--precision bf16"    the step of chapter 11 beside PyTorch's two ways to train in bf16
    python3 peers.py numpy --cores 1        one measurement: the line `samples/s LOSS SAMPLES_PER_SECOND VERSIONS`

The driver runs every peer once a round, each in a process of its own bound to its cores, so that all of them meet the same
hours of the machine. A measurement is one epoch, 468 whole batches of 128 rows; the first 20 of them warm up and are not
timed. The mean loss of the epoch shows that all train the same network. OPENBLAS_CORETYPE, which would choose OpenBLAS's
kernels, is taken out of their environment.
"""
import argparse
import concurrent.futures
import importlib.util
import os
import re
import statistics
import subprocess
import sys
import time

SIZES, BATCH, RATE, WARM_UP = (784, 512, 256, 10), 128, 0.1, 20


def read_idx(path, header):
    with open(path, "rb") as file:
        return file.read()[header:]


def starting_weights(np):
    """He's initialization, from NumPy's own generator: the network starts like ours, not with the same numbers."""
    draw = np.random.default_rng(1)
    return [(draw.normal(0, (2 / n) ** 0.5, (n, m)).astype(np.float32), np.zeros(m, np.float32)) for n, m in zip(SIZES, SIZES[1:])]


def numpy_steps(np, images, labels):
    """A function that trains on the rows `index` and returns their mean loss."""
    layers = starting_weights(np)

    def step(index):
        values = [images[index].astype(np.float32) * np.float32(1 / 255)]
        for i, (w, b) in enumerate(layers):
            z = values[-1] @ w
            z += b
            values.append(np.maximum(z, 0, out=z) if i + 1 < len(layers) else z)
        z = values.pop()
        z -= z.max(1, keepdims=True)
        p = np.exp(z)
        total = p.sum(1, keepdims=True)
        rows, answers = np.arange(len(index)), labels[index]
        loss = float((np.log(total[:, 0]) - z[rows, answers]).mean())
        p /= total
        p[rows, answers] -= 1
        p *= np.float32(1 / len(index))
        for i in reversed(range(len(layers))):
            (w, b), x = layers[i], values[i]
            dw, db = x.T @ p, p.sum(0)
            if i:
                p = p @ w.T
                p *= x > 0
            w -= np.float32(RATE) * dw
            b -= np.float32(RATE) * db
        return loss

    return step, float


def torch_steps(np, images, labels, way):
    """way: torch, torch-compiled; torch-autocast: weights are floats, products of bf16; torch-bf16: weights, too, are bf16."""
    import torch

    x, y = torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64))
    parts = []
    for w, b in starting_weights(np):
        layer = torch.nn.Linear(*w.shape)
        layer.weight.data, layer.bias.data = torch.from_numpy(w.T.copy()), torch.from_numpy(b)
        parts += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*parts[:-1])
    optimizer, loss_of = torch.optim.SGD(model.parameters(), RATE), torch.nn.CrossEntropyLoss()
    forward = torch.compile(model) if way == "torch-compiled" else model
    numbers = torch.bfloat16 if way == "torch-bf16" else torch.float
    model.to(numbers)

    def step(index):
        rows = torch.from_numpy(index)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=way == "torch-autocast"):
            out = forward((x[rows].float() * (1 / 255)).to(numbers))
        loss = loss_of(out.float(), y[rows])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step, float


def jax_steps(np, images, labels):
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(images), jnp.asarray(labels.astype(np.int32))

    def loss_of(layers, index):
        v = x[index].astype(jnp.float32) * (1 / 255)
        for w, b in layers[:-1]:
            v = jax.nn.relu(v @ w + b)
        v = v @ layers[-1][0] + layers[-1][1]
        return -jnp.take_along_axis(jax.nn.log_softmax(v), y[index][:, None], 1).mean()

    @jax.jit
    def update(layers, index):
        loss, slopes = jax.value_and_grad(loss_of)(layers, index)
        return jax.tree_util.tree_map(lambda w, s: w - RATE * s, layers, slopes), loss

    state = [[(jnp.asarray(w), jnp.asarray(b)) for w, b in starting_weights(np)]]

    def step(index):
        state[0], loss = update(state[0], index)
        return loss

    return step, lambda loss: float(loss.block_until_ready())


def versions(name, np):
    said = ["NumPy " + np.__version__] if name == "numpy" else []
    if name != "numpy":
        module = importlib.import_module(name.split("-")[0])
        said.append({"torch": "PyTorch ", "jax": "JAX "}[name.split("-")[0]] + module.__version__)
    elif importlib.util.find_spec("threadpoolctl"):
        from threadpoolctl import threadpool_info

        said += [f"{p['internal_api']} for {p.get('architecture', 'an unknown core')}" for p in threadpool_info() if p["user_api"] == "blas"]
    return ", ".join(said)


def measure(name, cores, folder):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import numpy as np

    images = np.frombuffer(read_idx(folder + "/train-images-idx3-ubyte", 16), np.uint8).reshape(-1, SIZES[0])
    labels = np.frombuffer(read_idx(folder + "/train-labels-idx1-ubyte", 8), np.uint8)
    if name == "numpy":
        step, wait = numpy_steps(np, images, labels)
    elif name == "jax":
        step, wait = jax_steps(np, images, labels)
    else:
        import torch

        torch.set_num_threads(cores)
        step, wait = torch_steps(np, images, labels, name)
    order = np.random.default_rng(2).permutation(len(images))
    batches = [order[i : i + BATCH] for i in range(0, len(order) - BATCH + 1, BATCH)]
    losses = [wait(step(index)) for index in batches[:WARM_UP]]
    begin = time.perf_counter()
    late = [step(index) for index in batches[WARM_UP:]]
    losses += [wait(loss) for loss in late]
    rate = len(late) * BATCH / (time.perf_counter() - begin)
    print("samples/s", f"{sum(losses) / len(losses):.4f}", f"{rate:.0f}", versions(name, np))


def run(command, cores, first=0):
    """Standard output of a command that is bound to `cores` cores, from the first one on that is given."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    env.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(cores)))
    bind = lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[first : first + cores])
    done = subprocess.run(command, env=env, preexec_fn=bind, capture_output=True, text=True, timeout=600)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def rate_of(said):
    return re.search(r"([\d.]+) samples/s; weights", said)[1]


def serial_twice(build):
    """Two independent serial programs at the same time: what two ranks could reach if they had nothing to say to each other."""
    command = [build + "/chapters/01_serial/train", "--epochs", "1"]
    with concurrent.futures.ThreadPoolExecutor() as both:
        said = list(both.map(lambda core: run(command, 1, core), (0, 1)))
    return "-", sum(float(rate_of(s)) for s in said), "this course"


def ours(cores, build, precision="float"):
    """One epoch of the serial program, or chapter 11's where precision is not float, or of the main job on several ranks: (loss, samples/s)."""
    program = [build + "/chapters/01_serial/train"]
    if precision != "float":
        program = ["sh", "common/mpi/launch", "1", build + "/chapters/11_fewer_bits/train", "--precision", precision]
    if cores > 1:
        program = ["sh", "common/mpi/launch", str(cores), build + "/chapters/12_restart/train", "--start-over", "--checkpoint", build + "/peers_checkpoint",
                   "--precision", precision]
    said = run(program + ["--epochs", "1"], cores)
    return re.search(r"^epoch +1 +loss ([\d.]+)", said, re.M)[1], rate_of(said), "this course"


def over_openblas(build):
    said = run([build + "/chapters/01_serial/bench", "--training-only", "--pairs", "11"], 1)
    ratio = re.search(r"ratio to the same network over OpenBLAS: ([\d.]+)", said)
    if not ratio:
        return None
    rate = float(re.search(r"^Training, .*: (\d+) samples/s", said, re.M)[1])
    return "-", rate / float(ratio[1]), "OpenBLAS " + re.search(r"^OpenBLAS: .* for (.*)", said, re.M)[1]


names = {"numpy": "NumPy", "torch": "PyTorch, eager", "torch-compiled": "PyTorch, torch.compile", "jax": "JAX, jit",
         "torch-autocast": "PyTorch, autocast", "torch-bf16": "PyTorch, weights in bf16"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", nargs="?", choices=tuple(names))
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--data", default="build/data", help="folder with the unpacked MNIST files")
    parser.add_argument("--build", default="build", help="folder with the course's programs")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--precision", choices=("float", "bf16"), default="float", help="bf16: chapter 11 beside the peers that train in bf16")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the peers, for example of a virtual environment")
    o = parser.parse_args()
    if o.peer:
        return measure(o.peer, o.cores, o.data)

    def there(module):
        return subprocess.run([o.python, "-c", "import " + module], capture_output=True).returncode == 0

    in_bf16 = o.precision == "bf16"
    wanted = ("torch-autocast", "torch-bf16", "torch") if in_bf16 else ("numpy", "torch", "torch-compiled", "jax")
    peers = [p for p in wanted if there("numpy") and there(p.split("-")[0])]
    missing = [p for p in ("numpy", "torch", "jax") if p in wanted and p not in peers]
    if missing:
        print("not installed: " + ", ".join(missing) + ". To have them:\n  python3 -m venv build/peers && build/peers/bin/pip install numpy torch jax threadpoolctl\n"
              "  make bench-peers ARGS=\"--python build/peers/bin/python\"")
    most = len(os.sched_getaffinity(0))
    if in_bf16:
        names["torch"] = "PyTorch in float"
        runs = [("this course", 1, lambda: ours(1, o.build, "bf16")), ("this course in float", 1, lambda: ours(1, o.build))]
    else:
        runs = [("this course", 1, lambda: ours(1, o.build)), ("C++ over OpenBLAS", 1, lambda: over_openblas(o.build))]

    def peer(name, cores):
        said = run([o.python, __file__, name, "--cores", str(cores), "--data", o.data], cores)
        return re.search(r"^samples/s (\S+) (\S+) (.*)$", said, re.M).groups()

    runs += [(names[p], 1, lambda p=p: peer(p, 1)) for p in peers]
    if most > 1:
        runs += [("this course, 2 ranks", 2, lambda: ours(2, o.build, o.precision))]
        runs += [("two serial programs", 2, lambda: serial_twice(o.build))] if not in_bf16 else []
        runs += [(names[p], 2, lambda p=p: peer(p, 2)) for p in peers]

    found = {}
    for r in range(o.rounds):
        for name, cores, once in runs:
            if sys.stderr.isatty():
                print(f"\rround {r + 1} of {o.rounds}: {name} on {cores} core{'s' if cores > 1 else ''}" + " " * 20, end="", file=sys.stderr, flush=True)
            result = once()
            if result:
                found.setdefault((name, cores), []).append(result)
    if sys.stderr.isatty():
        print("\r" + " " * 70, file=sys.stderr)
    machine = run([o.build + "/chapters/01_serial/bench", "--training-only", "--pairs", "11"], most).splitlines()[0]
    print(f"{machine}; {'-'.join(map(str, SIZES))}, batch {BATCH}, {o.precision}, {o.rounds} interleaved rounds of one epoch")
    print(f"{'':24}  cores  samples/s  (quartiles)        ours to it  loss")
    base = {c: [float(x[1]) for x in found.get((n, c), [])] for n, c in (("this course", 1), ("this course, 2 ranks", 2))}
    for (name, cores), results in found.items():
        rates = [float(x[1]) for x in results]
        low, middle, high = statistics.quantiles(rates, n=4) if len(rates) > 1 else rates * 3
        ratio = statistics.median(a / b for a, b in zip(base[cores], rates))
        print(f"{name:24}  {cores:5}  {middle:9.0f}  ({low:.0f} to {high:.0f})".ljust(62) + f"  {ratio:8.2f}  {results[0][0]}")
    print("versions: " + "; ".join(dict.fromkeys(v[0][2] for v in found.values() if v[0][2] != "this course")))


main()

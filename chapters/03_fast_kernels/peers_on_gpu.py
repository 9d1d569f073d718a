#!/usr/bin/env python3
"""The course's training step in PyTorch and JAX on the GPU at hand: 784-512-256-10, batches of 128 rows, SGD, in float.

    python3 peers_on_gpu.py [--device cpu] [--steps 2000]        a line `NAME: SAMPLES samples/s, loss LOSS` for each

The images are bytes in the GPU's memory and a batch is gathered there, so nothing is copied in a step. `eager` starts every
operation from Python, `compiled` records the step. TF32 is off. Ends with 77 where neither library is installed.
"""
import argparse
import importlib.util
import sys
import time

SIZES, BATCH, RATE, IMAGES = (784, 512, 256, 10), 128, 0.1, 6000


def report(name, step, batches, finish):
    """step(batch) trains; finish() waits and returns the last loss. A tenth of the steps warm up."""
    warm_up = len(batches) // 10 + 3
    for batch in batches[:warm_up]:
        step(batch)
    finish()
    begin = time.perf_counter()
    for batch in batches[warm_up:]:
        step(batch)
    loss = finish()
    seconds = time.perf_counter() - begin
    print(f"{name}: {(len(batches) - warm_up) * BATCH / seconds:.0f} samples/s, loss {loss:.4f}", flush=True)


def pytorch(device, steps):
    import torch

    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    images = torch.randint(0, 256, (IMAGES, SIZES[0]), dtype=torch.uint8, device=device)
    labels = torch.randint(0, SIZES[-1], (IMAGES,), device=device)
    batches = [torch.randint(0, IMAGES, (BATCH,), device=device) for _ in range(steps)]
    for name in ("eager", "compiled"):
        layers = []
        for i, (n, m) in enumerate(zip(SIZES, SIZES[1:])):
            layers += [torch.nn.Linear(n, m)] + ([torch.nn.ReLU()] if i + 2 < len(SIZES) else [])
        model = torch.nn.Sequential(*layers).to(device)
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

        def gradients(batch):
            loss = torch.nn.functional.cross_entropy(model(images[batch].float() / 255), labels[batch])
            loss.backward()
            return loss

        last = [None]

        def step(batch):
            optimizer.zero_grad()
            last[0] = compute(batch)
            optimizer.step()

        try:
            compute = torch.compile(gradients, mode="reduce-overhead") if name == "compiled" else gradients
            report(f"PyTorch {torch.__version__}, {name}", step, batches, lambda: last[0].item())
        except Exception as error:  # no compiler, or a GPU that it does not know
            print(f"PyTorch, {name}: skipped: {type(error).__name__}", flush=True)


def jax(device, steps):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_default_matmul_precision", "highest")
    key = jax.random.split(jax.random.PRNGKey(1), 3 + len(SIZES))
    images = jax.random.randint(key[0], (IMAGES, SIZES[0]), 0, 256, dtype=jnp.uint8)
    labels = jax.random.randint(key[1], (IMAGES,), 0, SIZES[-1])
    batches = list(jax.random.randint(key[2], (steps, BATCH), 0, IMAGES))
    weights = [(jax.random.normal(k, (n, m)) * (2 / n) ** 0.5, jnp.zeros(m)) for k, n, m in zip(key[3:], SIZES, SIZES[1:])]

    def loss_of(weights, batch):
        x = images[batch].astype(jnp.float32) / 255
        for i, (w, b) in enumerate(weights):
            x = x @ w + b
            x = jax.nn.relu(x) if i + 1 < len(weights) else x
        return -jnp.mean(jax.nn.log_softmax(x)[jnp.arange(BATCH), labels[batch]])

    @jax.jit
    def update(weights, batch):
        loss, gradients = jax.value_and_grad(loss_of)(weights, batch)
        return jax.tree_util.tree_map(lambda w, g: w - RATE * g, weights, gradients), loss

    state = [weights, None]

    def step(batch):
        state[0], state[1] = update(state[0], batch)

    report(f"JAX {jax.__version__} on {jax.devices()[0].platform}, compiled", step, batches, lambda: float(state[1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--steps", type=int, default=2000)
    o = parser.parse_args()
    found = [(name, run) for name, run in (("torch", pytorch), ("jax", jax)) if importlib.util.find_spec(name)]
    if not found:
        print("skipped: neither PyTorch nor JAX is installed for python3")
        sys.exit(77)
    for _, run in found:
        run(o.device, o.steps)


if __name__ == "__main__":
    main()

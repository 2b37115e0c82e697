"""PyTorch's side of scripts/bench/nets: the cases of `vedette-bench nets`, step for step the same work.

    peer.py CASE STEPS THREADS [--fused-adam]

Prints one JSON line when everything is warm, then one with CPU and wall seconds for each line read.
"""

import json
import sys
import time

import torch
from torch import nn


FUSED = "--fused-adam" in sys.argv


def channels_last(module):
    return module.to(memory_format=torch.channels_last)


def image(rows):
    return torch.rand(rows, 3, 32, 32).to(memory_format=torch.channels_last)


def convnet():
    layers, channels = [], 3
    for filters in (32, 64, 128):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    return channels_last(nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 256), nn.ReLU(), nn.Linear(256, 10)))


def autoencoder():
    sizes = [784, 256, 64, 256, 784]
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class LastState(nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrence, self.dense = nn.LSTM(64, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, x):
        return self.dense(self.recurrence(x)[0][:, -1])


class Residual(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters),
        )
        same = channels == filters and stride == 1
        self.projection = nn.Identity() if same else nn.Conv2d(channels, filters, 1, stride=stride, bias=False)

    def forward(self, x):
        return torch.relu(self.inner(x) + self.projection(x))


class Standardised(nn.Module):
    def forward(self, x):
        return (x - 0.5) * 2


def resnet():
    layers = [Standardised(), nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [Residual(32, 48, 1), Residual(48, 96, 2), Residual(96, 192, 2)]
    return channels_last(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(192, 10)))


class Digits(nn.Module):
    """The net of `vedette train --dataset digits --architecture cnn`, from raw pixels to probabilities."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 1
        for filters in (32, 64):
            for inputs in (channels, filters):
                layers += [nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
            channels = filters
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, x):
        return torch.softmax(self.layers((x - 4.9) * (1 / 6)), 1)


def training(model, loss, inputs, targets):
    optimiser = torch.optim.Adam(model.parameters(), fused=FUSED or None)

    def step():
        optimiser.zero_grad()
        value = loss(model(inputs), targets)
        value.backward()
        optimiser.step()
        value.item()

    return model, step


def classification(model, inputs):
    return training(model, nn.functional.cross_entropy, inputs, torch.arange(len(inputs)) % 10)


def reconstruction(model, inputs):
    return training(model, nn.functional.mse_loss, inputs, inputs)


def inference(model, inputs):
    model.eval()

    def step():
        with torch.inference_mode():
            model(inputs)

    return model, step


def frozen(model, inputs):
    model.eval()
    fast = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, inputs)))

    def step():
        with torch.inference_mode():
            fast(inputs)

    return model, step


def kernel_matrix():
    x, y = torch.rand(2000, 64), torch.rand(2000, 64)

    def step():
        torch.exp(torch.cdist(x, y).square_().mul_(-1 / 64))

    return nn.Module(), step


CASES = {
    "convnet-step": lambda: classification(convnet(), image(64)),
    "convnet-forward": lambda: inference(convnet(), image(64)),
    "autoencoder-step": lambda: reconstruction(autoencoder(), torch.rand(128, 784)),
    "lstm-step": lambda: classification(LastState(), torch.rand(64, 50, 64)),
    "resnet-step": lambda: classification(resnet(), image(64)),
    "kernel-matrix": kernel_matrix,
    "digits-latency": lambda: inference(Digits(), torch.rand(1, 1, 8, 8)),
    # The same module as PyTorch makes it fastest for one shape: traced, frozen, its normalisations folded.
    "digits-latency-frozen": lambda: frozen(Digits(), torch.rand(1, 1, 8, 8)),
}


def main():
    case, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model, step = CASES[case]()
    for _ in range(3):
        step()
    # A recurrent layer has a second bias here, which is added to the first and no freedom of its own.
    weights = [weight for name, weight in model.named_parameters() if ".bias_hh" not in name]
    print(json.dumps({"weights": sum(weight.numel() for weight in weights)}), flush=True)
    calls = [0.0] * steps
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.monotonic()
        if "latency" in case:
            for index in range(steps):
                start = time.perf_counter()
                step()
                calls[index] = time.perf_counter() - start
        else:
            for _ in range(steps):
                step()
        answer = {"cpu": time.process_time() - cpu, "wall": time.monotonic() - wall}
        if "latency" in case:
            ordered = sorted(calls)
            answer |= {"median": ordered[steps // 2], "p99": ordered[steps * 99 // 100]}
        print(json.dumps(answer), flush=True)


main()

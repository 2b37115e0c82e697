"""PyTorch's optimisers, clipping and schedules, for NeuralNetworks' training.

The loss of two weights is the mean of (w - target)^2, so their gradients are w - target.
"""
import warnings

import torch
from reference import write

warnings.filterwarnings("ignore")
STEPS = 6
TARGETS = [3.0, -0.5]

# Keys are the cases' names in the test, values the optimiser.
OPTIMISERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.0),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.1),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.1),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.9, 0.99), eps=1e-3, weight_decay=0.05),
    "adamW": lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.9, 0.99), eps=1e-3, weight_decay=0.05),
    "rmsProp": lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.05),
    "rmsPropMomentum": lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3, momentum=0.7),
}


def trajectory(make, clip=None):
    weights = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimiser = make([weights])
    path = []
    for _ in range(STEPS):
        optimiser.zero_grad()
        ((weights - torch.tensor(TARGETS, dtype=torch.float64)) ** 2).mean().backward()
        if clip:
            clip([weights])
        optimiser.step()
        path.append(weights.tolist())
    return path


def rates(make, steps=24):
    """The learning rate of each step, from a rate of 1."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimiser)
    values = []
    for _ in range(steps):
        values.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return values


def plateau(losses, factor, patience):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=factor, patience=patience)
    values = []
    for loss in losses:
        values.append(optimiser.param_groups[0]["lr"])
        schedule.step(loss)
    return values


S = torch.optim.lr_scheduler
LOSSES = [1.0, 0.9, 0.9, 0.89995, 0.91, 0.95, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85]
write("NeuralNetworksTests", "training", [torch], {
    "optimisers": {name: trajectory(make) for name, make in OPTIMISERS.items()} | {
        "clippedNorm": trajectory(OPTIMISERS["sgd"], lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5)),
        "clippedValue": trajectory(OPTIMISERS["sgd"], lambda p: torch.nn.utils.clip_grad_value_(p, 0.3)),
    },
    "schedules": {
        "step": rates(lambda o: S.StepLR(o, step_size=2, gamma=0.5)),
        "warmup": rates(lambda o: S.LinearLR(o, start_factor=1e-3, total_iters=6)),
        "cosine": rates(lambda o: S.CosineAnnealingLR(o, T_max=24)),
        "oneCycle": rates(lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=24, pct_start=0.3)),
    },
    "plateau": {"losses": LOSSES, "rates": plateau(LOSSES, 0.5, 1)},
})

"""The objective of a learned kernel, its gradient and its training, by alibi-detect's PyTorch backend in double precision.

    python3 -m venv /tmp/kernels && /tmp/kernels/bin/pip install torch scikit-learn==1.5.2 alibi-detect==0.13.0
    /tmp/kernels/bin/python scripts/reference/learned_kernel_values.py
"""
import alibi_detect
import numpy as np
import torch
from alibi_detect.cd.pytorch.learned_kernel import LearnedKernelDriftTorch
from alibi_detect.utils.pytorch.distance import mmd2_from_kernel_matrix
from alibi_detect.utils.pytorch.kernels import DeepKernel, GaussianRBF
from reference import write
from torch import nn

random = np.random.default_rng(11)
torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


def floats(values):
    return [float(value) for value in np.ravel(values)]


def projection(sizes):
    layers = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def parameters(kernel):
    """Weights [in, out] and biases of each layer, then ln σ of both kernels and the logit of ε."""
    values = []
    for layer in kernel.proj:
        if isinstance(layer, nn.Linear):
            values += [layer.weight.T, layer.bias]
    return values + [kernel.kernel_a.log_sigma, kernel.kernel_b.log_sigma, kernel.logit_eps.reshape(1)]


def flat(tensors):
    return floats(np.concatenate([t.detach().numpy().ravel() for t in tensors]))


def gradient(kernel):
    values = []
    for layer in kernel.proj:
        if isinstance(layer, nn.Linear):
            values += [layer.weight.grad.T, layer.bias.grad]
    share = kernel.logit_eps.grad
    return flat(values + [kernel.kernel_a.log_sigma.grad, kernel.kernel_b.log_sigma.grad,
                          torch.zeros(1) if share is None else share.reshape(1)])


cases = []
for name, rows, sizes, eps, regularisation, shift in [
    ("learned share", 12, [3, 8, 4], "trainable", 1e-5, 0.8),
    ("fixed share", 16, [5, 6, 6, 3], 0.25, 1e-3, 0.4),
    ("one layer", 10, [2, 3], "trainable", 1e-5, 0.0),
]:
    x, y = random.normal(size=(rows, sizes[0])), random.normal(size=(rows, sizes[0])) * (1 + shift) + shift
    x, y = (torch.from_numpy(part.astype(np.float32).astype(float)) for part in (x, y))
    kernel = DeepKernel(
        projection(sizes), GaussianRBF(torch.tensor([1.3]), trainable=True),
        GaussianRBF(torch.tensor([float(np.sqrt(sizes[0]))]), trainable=True), eps,
    )
    power = LearnedKernelDriftTorch.JHat(kernel, regularisation)
    start = flat(parameters(kernel))
    value = power(x, y)
    value.backward()
    case = {
        "name": name, "rows": rows, "sizes": sizes, "eps": None if eps == "trainable" else eps,
        "var_reg": regularisation, "x": floats(x), "y": floats(y), "parameters": start,
        "value": float(value), "gradient": gradient(kernel),
    }
    optimiser = torch.optim.Adam([p for p in power.parameters() if p.requires_grad], lr=0.01)
    for _ in range(20):
        optimiser.zero_grad()
        (-power(x, y)).backward()
        optimiser.step()
    pooled = torch.cat([x, y])
    case["trained"] = {
        "learning_rate": 0.01, "steps": 20, "parameters": flat(parameters(kernel)), "value": float(power(x, y)),
        "mmd2": float(mmd2_from_kernel_matrix(kernel(pooled, pooled), rows, permute=False, zero_diag=True)),
    }
    cases.append(case)

alibi_detect.__name__ = "alibi-detect"
write("DriftDetectionTests", "learned-kernel", [alibi_detect, np, torch], {"cases": cases})

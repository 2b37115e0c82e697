"""Expected gradient penalties of NeuralNetworks and their gradients, by PyTorch's double backward in float64.

    /tmp/reference/bin/pip install torch==2.13.0+cpu numpy --extra-index-url https://download.pytorch.org/whl/cpu

Each network gets random inputs and weights; the penalty is the mean over rows of (|d sum(y) / dx| - 1)^2, as Gulrajani et
al. (2017) have it, and its gradients are those to every weight and to the inputs. Everything is in our layout.
"""
import numpy as np
import torch
from reference import write
from torch import nn
from torch_layout import affine, first, flat, last, normalisation, of_convolution, recurrent, same, transposed

torch.set_num_threads(1)
torch.manual_seed(41)
torch.set_default_dtype(torch.float64)
ROWS = 3
cases = []


def case(name, shape, run, weights, training=None, buffers=None):
    """One network; `weights` maps our name to a parameter and what turns it and its gradient into our layout.

    Where training differs from evaluation, `training` says which it is: a network that is trained has the gradients of its
    weights here, one that is evaluated has that of its inputs.
    """
    x = torch.randn(ROWS, *shape).requires_grad_()
    for parameter, _ in weights.values():
        nn.init.uniform_(parameter, -0.8, 0.8)
    before = {ours: value.clone() for ours, value in (buffers or {}).items()}
    slope, = torch.autograd.grad(run(x).sum(), x, create_graph=True)
    value = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    value.backward()
    cases.append({
        "name": name, "inputShape": list(shape), "inputs": flat(x), "value": float(value.detach()),
        "inputGradient": [] if training is True else flat(x.grad),
        "weights": [
            {"name": ours, "shape": list(convert(parameter).shape), "values": flat(convert(parameter)),
             "gradient": [] if training is False else flat(convert(gradient_of(parameter)))}
            for ours, (parameter, convert) in weights.items()
        ] + [
            {"name": ours, "shape": list(value.shape), "values": flat(value), "gradient": []}
            for ours, value in before.items()
        ],
    })


def gradient_of(parameter):
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def on_images(module):
    return lambda x: last(module(first(x)))


def sequence(kind, returns, both):
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](3, 4, batch_first=True, bidirectional=both)
    weights = recurrent(module, f"{kind}1")
    if kind == "lstm":  # ours has one bias, which PyTorch keeps twice
        for name, parameter in module.named_parameters():
            if name.startswith("bias_hh"):
                nn.init.zeros_(parameter)

    def run(x):
        states, final = module(x)
        if returns == "sequence":
            return states
        return torch.cat(list(final[0] if kind == "lstm" else final), dim=-1)

    case(f"{kind}, {returns}" + (", both directions" if both else ""), [5, 3], run, weights)


for kind in ["lstm", "gru"]:
    sequence(kind, "sequence", both=False)
    sequence(kind, "last", both=True)

norm = nn.LayerNorm(5)
case("layer normalisation", [4, 5], lambda x: norm(x).tanh(), normalisation(norm, "layer-normalisation1"))
group = nn.GroupNorm(2, 6)
case("group normalisation", [3, 2, 6], on_images(lambda x: group(x).tanh()), normalisation(group, "group-normalisation1"))


def batch_norm(training):
    norm = nn.BatchNorm2d(4, eps=1e-3).train(training)
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    buffers = {"batch-normalisation1.mean": norm.running_mean, "batch-normalisation1.variance": norm.running_var}
    name = "batch normalisation" + (", training" if training else "")
    weights = normalisation(norm, "batch-normalisation1")
    case(name, [3, 2, 4], on_images(lambda x: norm(x).tanh()), weights, training, buffers)


batch_norm(training=True)
batch_norm(training=False)

for causal in [False, True]:
    attention = nn.MultiheadAttention(6, 2, batch_first=True)
    mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if causal else None

    def attend(x, attention=attention, mask=mask):
        # With the weights asked for it takes plain products, whose double backward exists.
        return attention(x, x, x, attn_mask=mask, need_weights=True)[0]

    case("self-attention" + (", causal" if causal else ""), [5, 6], attend, {
        "self-attention1.weight": (attention.in_proj_weight, transposed),
        "self-attention1.bias": (attention.in_proj_bias, same),
        "self-attention1.output.weight": (attention.out_proj.weight, transposed),
        "self-attention1.output.bias": (attention.out_proj.bias, same),
    })


def pooled(name, pooling, size):
    """Between two bends, so that the pooling is passed in both directions."""
    dense = nn.Linear(size, 2)
    run = lambda x: dense(last(pooling(first(x.tanh()))).tanh().flatten(1))
    case(name, [6, 6, 2], run, affine(dense, "dense1", transposed))


pooled("max pooling, overlapping", nn.MaxPool2d(3, 2), 8)
pooled("average pooling, overlapping", nn.AvgPool2d(3, 2), 8)
pooled("global max pooling", nn.AdaptiveMaxPool2d(1), 2)
pooled("global average pooling", nn.AdaptiveAvgPool2d(1), 2)
pooled("upsampling", nn.Upsample(scale_factor=2), 288)

convolution = nn.Conv2d(2, 3, 3, padding=1)
case("convolution", [5, 4, 2], on_images(lambda x: convolution(x).tanh()),
     affine(convolution, "convolution1", of_convolution))
write("NeuralNetworksTests", "second_order", [np, torch], {"rows": ROWS, "cases": cases})

"""Expected outputs and gradients of the layers and losses of NeuralNetworks, by PyTorch in float32 on one thread.

    /tmp/reference/bin/pip install torch==2.13.0+cpu numpy --extra-index-url https://download.pytorch.org/whl/cpu

Each layer gets random inputs and weights; the loss is the mean over rows of the sum of `slopes · output`, so that `slopes`
is what arrives from above. Everything is written in our layout: images channels-last, weights as model folders have them.
"""
import numpy as np
import torch
from reference import write
from torch import nn
from torch.nn import functional as F
from torch_layout import affine, first, flat, last, normalisation, of_convolution, recurrent, same, transposed

torch.set_num_threads(1)
torch.manual_seed(20)
ROWS = 2


layers = []


def layer(name, shape, module, weights, images=False, run=None, inputs=None):
    """One case; `weights` maps our name to a parameter and what turns it and its gradient into our layout."""
    x = torch.randn(ROWS, *shape) if inputs is None else inputs
    wants = x.is_floating_point()
    x.requires_grad_(wants)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.8, 0.8)
    forward = run or module
    y = last(forward(first(x))) if images else forward(x)
    slopes = torch.randn_like(y)
    ((slopes * y).sum() / ROWS).backward()
    named = {ours: (convert(parameter.detach()), convert(parameter.grad)) for ours, (parameter, convert) in weights.items()}
    # A bias that PyTorch keeps twice is one of ours.
    if isinstance(module, nn.LSTM):
        for ours, _ in weights.items():
            if ours.endswith("bias"):
                suffix = "_reverse" if "reverse" in ours else ""
                both = getattr(module, "bias_ih_l0" + suffix) + getattr(module, "bias_hh_l0" + suffix)
                named[ours] = (both.detach(), named[ours][1])
    layers.append({
        "name": name, "inputShape": list(shape), "inputs": flat(x), "outputShape": list(y.shape[1:]), "outputs": flat(y),
        "slopes": flat(slopes), "inputGradient": flat(x.grad * ROWS) if wants else [],
        "weights": [
            {"name": ours, "shape": list(value.shape), "values": flat(value), "gradient": flat(gradient)}
            for ours, (value, gradient) in named.items()
        ],
    })


def convolution(name, shape, *arguments, **settings):
    module = nn.Conv2d(shape[2], *arguments, **settings)
    layer(name, shape, module, affine(module, "convolution1", of_convolution), images=True)


def transposed_convolution(name, shape, *arguments, **settings):
    module = nn.ConvTranspose2d(shape[2], *arguments, **settings)
    layer(name, shape, module, affine(module, "transposed-convolution1", of_convolution), images=True)


dense = nn.Linear(5, 3)
layer("dense", [5], dense, affine(dense, "dense1", transposed))
convolution("convolution", [6, 5, 3], 4, 3, padding=1)
convolution("convolution, stride 2, valid", [7, 6, 3], 4, 3, stride=2)
convolution("convolution, stride 2, two zeros around", [7, 6, 3], 4, 3, stride=2, padding=2)
convolution("convolution of one pixel", [4, 3, 5], 6, 1, bias=False)
convolution("convolution, dilation 2", [8, 7, 3], 4, 3, padding=2, dilation=2)
convolution("convolution, dilation 2, stride 2, groups 2", [8, 9, 4], 6, 3, stride=2, dilation=2, groups=2)
convolution("convolution, depthwise", [6, 5, 4], 4, 3, padding=1, groups=4)
convolution("convolution, depthwise, two filters each", [6, 5, 4], 8, 3, stride=2, padding=1, groups=4)
transposed_convolution("transposed convolution", [4, 3, 5], 3, 3, stride=2)
transposed_convolution("transposed convolution, padding 1", [4, 3, 5], 3, 4, stride=2, padding=1)
transposed_convolution("transposed convolution, dilation 2, groups 2", [4, 3, 4], 6, 3, stride=2, dilation=2, groups=2)
transposed_convolution("transposed convolution, depthwise", [4, 3, 4], 4, 3, stride=2, padding=1, groups=4)

nothing = nn.Identity()
layer("max pooling", [6, 6, 3], nothing, {}, images=True, run=nn.MaxPool2d(2))
layer("max pooling, overlapping", [7, 6, 3], nothing, {}, images=True, run=nn.MaxPool2d(3, 2))
layer("average pooling", [6, 6, 3], nothing, {}, images=True, run=nn.AvgPool2d(2))
layer("average pooling, overlapping", [7, 6, 3], nothing, {}, images=True, run=nn.AvgPool2d(3, 2))
layer("global average pooling", [4, 5, 3], nothing, {}, run=lambda x: x.mean((1, 2)))
layer("global max pooling", [4, 5, 3], nothing, {}, run=lambda x: x.amax((1, 2)))
layer("upsampling", [3, 2, 4], nothing, {}, images=True, run=nn.Upsample(scale_factor=3))


def batch_norm(training):
    """Frozen it has outputs and an input gradient; training it has what one step of rate 1 takes off each weight."""
    norm = nn.BatchNorm2d(4, eps=1e-3)
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    norm.train(training)
    weights = normalisation(norm, "batch-normalisation1")
    before = {"mean": norm.running_mean.clone(), "variance": norm.running_var.clone()}
    name = "batch normalisation" + (", training" if training else "")
    layer(name, [4, 3, 4], norm, weights, images=True)
    case = layers[-1]
    for part, after in [("mean", norm.running_mean), ("variance", norm.running_var)]:
        case["weights"].append({"name": f"batch-normalisation1.{part}", "shape": [4], "values": flat(before[part]),
                                "gradient": flat(before[part] - after)})
    if training:
        case["outputs"] = case["inputGradient"] = []
    else:
        for weight in case["weights"]:
            weight["gradient"] = []


batch_norm(training=True)
batch_norm(training=False)
norm = nn.LayerNorm(9)
layer("layer normalisation", [4, 9], norm, normalisation(norm, "layer-normalisation1"))
norm = nn.GroupNorm(2, 6)
layer("group normalisation", [4, 3, 6], norm, normalisation(norm, "group-normalisation1"), images=True)
norm = nn.GroupNorm(6, 6)
layer("group normalisation, one channel each", [4, 3, 6], norm, normalisation(norm, "group-normalisation1"), images=True)

table = nn.Embedding(5, 3)
layer("embedding", [4], table, {"embedding1.weight": (table.weight, same)}, inputs=torch.tensor([[0, 4, 2, 2], [1, 1, 1, 3]]))


def sequence(name, kind, features, units, time, returns, both=False):
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](features, units, batch_first=True, bidirectional=both)

    def run(x):
        states, final = module(x)
        if returns == "sequence":
            return states
        final = final[0] if kind == "lstm" else final
        return torch.cat(list(final), dim=-1)

    layer(name, [time, features], module, recurrent(module, f"{kind}1"), run=run)


for kind in ["lstm", "gru"]:
    sequence(f"{kind}", kind, 3, 4, 5, "sequence")
    sequence(f"{kind}, last state", kind, 3, 4, 5, "last")
    sequence(f"{kind}, both directions", kind, 3, 2, 4, "sequence", both=True)
    sequence(f"{kind}, last state, both directions", kind, 3, 2, 4, "last", both=True)
    sequence(f"{kind}, one step", kind, 2, 3, 1, "sequence")

for causal in [False, True]:
    attention = nn.MultiheadAttention(6, 2, batch_first=True)
    mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if causal else None
    layer("self-attention" + (", causal" if causal else ""), [5, 6], attention, {
        "self-attention1.weight": (attention.in_proj_weight, transposed),
        "self-attention1.bias": (attention.in_proj_bias, same),
        "self-attention1.output.weight": (attention.out_proj.weight, transposed),
        "self-attention1.output.bias": (attention.out_proj.bias, same),
    }, run=lambda x: attention(x, x, x, attn_mask=mask, need_weights=False)[0])

SPREAD = torch.linspace(-7, 7, ROWS * 12).reshape(ROWS, 12)
for kind, function in {
    "relu": F.relu, "leaky-relu": lambda x: F.leaky_relu(x, 0.2), "elu": lambda x: F.elu(x, 0.7), "selu": F.selu,
    "gelu": F.gelu, "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "mish": F.mish,
    "softplus": F.softplus, "relu6": F.relu6, "sigmoid": torch.sigmoid, "hard-sigmoid": F.hardsigmoid,
    "hard-silu": F.hardswish, "tanh": torch.tanh, "hard-tanh": F.hardtanh,
    "softmax": lambda x: F.softmax(x, -1), "log-softmax": lambda x: F.log_softmax(x, -1),
}.items():
    layer(kind, [12], nothing, {}, run=function, inputs=SPREAD.clone())

losses = []


def loss(name, function, *shapes, labels=None):
    values = [torch.randn(3, *shape).requires_grad_() for shape in shapes]
    value = function(*values) if labels is None else function(*values, torch.tensor(labels))
    value.backward()
    losses.append({
        "name": name, "value": float(value.detach()), "shapes": [list(shape) for shape in shapes],
        "inputs": [flat(x) for x in values], "labels": labels or [], "gradients": [flat(x.grad) for x in values],
    })


CLASSES = torch.tensor([0.5, 2.0, 1.0, 0.25])
loss("cross entropy", F.cross_entropy, [4], labels=[2, 0, 3])
loss("cross entropy, smoothing", lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), [4], labels=[2, 0, 3])
loss("cross entropy, weights", lambda x, t: F.cross_entropy(x, t, weight=CLASSES), [4], labels=[2, 0, 3])
loss("cross entropy, weights and smoothing",
     lambda x, t: F.cross_entropy(x, t, weight=CLASSES, label_smoothing=0.1), [4], labels=[2, 1, 3])
loss("mean squared error", F.mse_loss, [4], [4])
loss("mean absolute error", F.l1_loss, [4], [4])
loss("huber", lambda x, t: F.huber_loss(x, t, delta=0.7), [4], [4])
loss("smooth l1", lambda x, t: F.smooth_l1_loss(x, t, beta=0.7), [4], [4])
loss("binary cross entropy", lambda x, t: F.binary_cross_entropy_with_logits(x, torch.sigmoid(t)), [4], [4])
loss("binary cross entropy, row sums",
     lambda x, t: F.binary_cross_entropy_with_logits(x, torch.sigmoid(t), reduction="sum") / 3, [4], [4])
loss("divergence", lambda p, q: F.kl_div(F.log_softmax(q, -1), F.softmax(p, -1), reduction="batchmean"), [4], [4])
loss("gaussian", lambda m, v, t: F.gaussian_nll_loss(m, t, v.exp(), full=True), [4], [4], [4])
loss("normal divergence", lambda m, v: torch.distributions.kl_divergence(
    torch.distributions.Normal(m, (v / 2).exp()), torch.distributions.Normal(0.0, 1.0)).sum() / 3, [4], [4])
loss("triplet", lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=0.5), [4], [4], [4])


def penalty(x):
    """Gulrajani et al. (2017) on a critic that is a fixed function of its input."""
    y = (torch.tanh(x) * x.square()).sum(-1)
    slope, = torch.autograd.grad(y.sum(), x, create_graph=True)
    return ((slope.norm(dim=-1) - 1) ** 2).mean()


loss("gradient penalty", penalty, [4])
transposed_convolution("transposed convolution, output padding", [4, 3, 5], 3, 3, stride=2, padding=1, output_padding=1)
transposed_convolution("transposed convolution, depthwise, output padding", [3, 4, 4], 4, 3, stride=3, groups=4,
                       output_padding=2)


def sequence_convolution(name, shape, *arguments, **settings):
    module = nn.Conv1d(shape[1], *arguments, **settings)
    weights = affine(module, "sequence-convolution1", lambda weight: weight.permute(2, 1, 0))
    layer(name, shape, module, weights, run=lambda x: module(x.transpose(1, 2)).transpose(1, 2))


sequence_convolution("sequence convolution", [9, 3], 4, 3, padding=1)
sequence_convolution("sequence convolution, stride 3, valid", [11, 3], 4, 4, stride=3, bias=False)
sequence_convolution("sequence convolution, two zeros around", [7, 2], 5, 3, stride=2, padding=2)
sequence_convolution("sequence convolution, dilation 2, groups 2", [12, 4], 6, 3, padding=2, dilation=2, groups=2)
sequence_convolution("sequence convolution, depthwise", [8, 4], 4, 5, padding=2, groups=4)

write("NeuralNetworksTests", "layers", [np, torch], {"rows": ROWS, "layers": layers, "losses": losses})

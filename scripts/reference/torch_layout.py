"""PyTorch's tensors and weights in our layout: images channels-last, weights as model folders have them."""
from torch import nn


def flat(tensor):
    """Seven digits are enough for a comparison to 1e-5."""
    return [float(f"{value:.7g}") for value in tensor.detach().contiguous().reshape(-1).tolist()]


def last(images):
    return images.permute(0, 2, 3, 1)


def first(images):
    return images.permute(0, 3, 1, 2)


def of_convolution(weight):
    """[out, in, kernel, kernel], or [in, out, …] of a transposed one, to [kernel, kernel, …]."""
    return weight.permute(2, 3, 1, 0)


def transposed(weight):
    return weight.t()


def same(weight):
    return weight


def affine(module, name, convert):
    pair = {f"{name}.weight": (module.weight, convert)}
    return pair | ({f"{name}.bias": (module.bias, same)} if module.bias is not None else {})


def normalisation(module, name):
    return {f"{name}.scale": (module.weight, same), f"{name}.shift": (module.bias, same)}


def recurrent(module, name):
    weights = {}
    for suffix, place in [("", ""), ("_reverse", ".reverse")][: 2 if module.bidirectional else 1]:
        weights |= {
            f"{name}{place}.weight": (getattr(module, "weight_ih_l0" + suffix), transposed),
            f"{name}{place}.recurrent-weight": (getattr(module, "weight_hh_l0" + suffix), transposed),
            f"{name}{place}.bias": (getattr(module, "bias_ih_l0" + suffix), same),
        }
        if isinstance(module, nn.GRU):
            weights[f"{name}{place}.recurrent-bias"] = (getattr(module, "bias_hh_l0" + suffix), same)
    return weights

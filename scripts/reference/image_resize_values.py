"""Means of areas by another way: every pixel repeated until old and new borders coincide, then means of whole blocks."""
import numpy as np
from reference import write

random = np.random.default_rng(20260201)
cases = []
for height, width, channels, to in [(8, 8, 1, (4, 4)), (7, 10, 3, (3, 4)), (5, 6, 2, (5, 6)), (9, 4, 1, (1, 1))]:
    image = random.normal(size=(height, width, channels)).astype(np.float32)
    fine = image.astype(float).repeat(to[0], axis=0).repeat(to[1], axis=1)
    small = fine.reshape(to[0], height, to[1], width, channels).mean(axis=(1, 3))
    cases.append({
        "shape": list(image.shape), "height": to[0], "width": to[1],
        "image": image.ravel().tolist(), "small": small.ravel().tolist(),
    })
write("MethodsTests", "image_resize", [np], {"cases": cases})

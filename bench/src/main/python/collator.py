"""Masks segments by the rule of Hugging Face's DataCollatorForLanguageModeling, in numpy.

Arguments: segments, tokens a segment, size of the vocabulary, seconds to measure. Says which numpy it has, or that it
has none; then, for each line read, how many tokens a second it masked.
"""

import platform
import sys
import time

try:
    import numpy as np
except ImportError:
    print("no numpy", flush=True)
    sys.exit()

FIRST_TEXT = 4  # <s>, <pad>, </s> and <unk> are never masked
BATCH = 32  # segments that are masked at once


def mask(inputs, vocabulary, random):
    """Changes inputs [B, T] in place; returns labels [B, T], -100 where nothing is predicted."""
    labels = inputs.copy()
    selected = (random.random(inputs.shape) < 0.15) & (inputs >= FIRST_TEXT)
    labels[~selected] = -100
    masked = selected & (random.random(inputs.shape) < 0.8)
    inputs[masked] = vocabulary - 1
    # Half of the remaining fifth.
    replaced = selected & ~masked & (random.random(inputs.shape) < 0.5)
    words = random.integers(0, vocabulary, inputs.shape)
    inputs[replaced] = words[replaced]
    return labels


def main(segments, length, vocabulary, seconds):
    random = np.random.default_rng(1)
    tokens = random.integers(FIRST_TEXT, vocabulary - 1, (segments, length))
    tokens[:, 0], tokens[:, -1] = 0, 2
    print(f"numpy {np.__version__}, Python {platform.python_version()}", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        done = 0
        while time.perf_counter() - start < seconds:
            for first in range(0, segments, BATCH):
                mask(tokens[first : first + BATCH].copy(), vocabulary, random)
            done += tokens.size
        print(done / (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]), float(sys.argv[4]))

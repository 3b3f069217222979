"""Masks segments by the rules of Hugging Face's DataCollatorForLanguageModeling and fairseq's MaskTokensDataset, in numpy.

Arguments: segments, tokens a segment, size of the vocabulary, seconds to measure. Says which numpy it has, or that it
has none; then, for each line read, which names a rule, how many tokens a second it masked.
"""

import platform
import sys
import time

try:
    import numpy as np
except ImportError:
    print("no numpy", flush=True)
    sys.exit()

FIRST_TEXT = 4  # before it are <s>, <pad>, </s> and <unk>
PAD = 1
BATCH = 32  # segments that are masked at once, by Hugging Face's rule


def mask_batch(inputs, vocabulary, random):
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


def mask_item(item, vocabulary, seed):
    """Changes an item [T] in place; returns targets [T], padding where nothing is predicted."""
    random = np.random
    random.seed(seed)  # an example by itself, as fairseq has it
    length = len(item)
    count = int(0.15 * length + random.rand())
    positions = random.choice(length, count, replace=False)
    targets = np.full(length, PAD)
    targets[positions] = item[positions]
    masked = np.zeros(length, bool)
    masked[positions] = True
    other = masked & (random.rand(length) < 0.2)
    kept = other & (random.rand(length) < 0.5)
    replaced = other & ~kept
    item[masked & ~kept] = vocabulary - 1
    item[replaced] = random.randint(FIRST_TEXT, vocabulary, np.count_nonzero(replaced))
    return targets


def huggingface(tokens, vocabulary, random):
    for first in range(0, len(tokens), BATCH):
        mask_batch(tokens[first : first + BATCH].copy(), vocabulary, random)


def fairseq(tokens, vocabulary, _):
    for index, item in enumerate(tokens):
        mask_item(item.copy(), vocabulary, hash((1, 1, index)) % 1000000)


RULES = {"huggingface": huggingface, "fairseq": fairseq}


def main(segments, length, vocabulary, seconds):
    random = np.random.default_rng(1)
    tokens = random.integers(FIRST_TEXT, vocabulary - 1, (segments, length))
    tokens[:, 0], tokens[:, -1] = 0, 2
    print(f"numpy {np.__version__}, Python {platform.python_version()}", flush=True)
    for line in sys.stdin:
        rule = RULES[line.strip()]
        start = time.perf_counter()
        done = 0
        while time.perf_counter() - start < seconds:
            rule(tokens, vocabulary, random)
            done += tokens.size
        print(done / (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]), float(sys.argv[4]))

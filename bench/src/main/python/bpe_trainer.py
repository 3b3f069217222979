"""Learns byte-level BPEs with Hugging Face's trainer, one after another, on one thread.

Argument: a file that holds a JSON array of texts. Says which tokenizers it has, or that it has none; then, for each line read,
which is the size of a vocabulary, the seconds that learning it took, the SHA-256 of its tokens and merges, and how many
tokens it has.
"""

import hashlib
import json
import os
import platform
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

try:
    import tokenizers
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
except ImportError:
    print("no tokenizers", flush=True)
    sys.exit()

BATCH = 1000  # texts that cross into Rust at once; one by one is slower


def learn(batches, size):
    """RoBERTa's layout: four special tokens, text, and the mask as the last token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1,
        min_frequency=2,
        show_progress=False,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(batches, trainer)
    tokenizer.add_special_tokens(["<mask>"])
    return tokenizer


def digest(tokenizer):
    """Of the tokens in the order of their ids, then merges.txt."""
    ids = tokenizer.get_vocab()
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    pairs = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    lines = [*sorted(ids, key=ids.get), "#version: 0.2", *pairs]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def main(path):
    with open(path, encoding="utf-8") as file:
        texts = json.load(file)
    batches = [texts[first : first + BATCH] for first in range(0, len(texts), BATCH)]
    print(f"tokenizers {tokenizers.__version__}, Python {platform.python_version()}", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        tokenizer = learn(batches, int(line))
        seconds = time.perf_counter() - start
        print(seconds, digest(tokenizer), tokenizer.get_vocab_size(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

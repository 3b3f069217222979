#!/usr/bin/env python3
"""Opens a model folder with Hugging Face's transformers and with Remask, and compares.

The folder is a checkpoint's model/, or any RobertaForMaskedLM with its tokenizer. Token ids must be equal and
logits at <mask> equal to 1e-4. Exit code 0 if they are, 1 if not.

  python3 interop/transformers_check.py ~/.remask/checkpoints/demo/step-2187/model
  python3 interop/transformers_check.py --make /tmp/random             # a random model by transformers, then the same
  python3 interop/transformers_check.py /tmp/random --ours STEP_0/model  # what a run has made of it before its first step
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers

transformers.utils.logging.disable_progress_bar()

TOLERANCE = 1e-4
REMASK = Path(__file__).resolve().parent.parent / "remask"
SENTENCES = [
    "The old man shook his <mask> and looked at the child.",
    "<mask> should like to thank the Commission for his excellent <mask>.",
    "It's 1,234.5 %  of   what we'd <mask>\tsaid\n\nbefore<mask>",
    "Zoë's naïve café: 東京 – Москва – 🙂👩‍👩‍👧 <mask>!",
    "<mask>",
]
SIZES = {
    "tiny": dict(layers=2, hidden=64, heads=2, inner=256, vocabulary=1024),
    "base": dict(layers=12, hidden=768, heads=12, inner=3072, vocabulary=50265),
}


def make(folder, size, positions, text):
    """A random model and a tokenizer learned from some text, as transformers saves them."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size["vocabulary"] - 1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learned.train_from_iterator(text, trainer)
    model = json.loads(learned.to_str())["model"]
    for filler in range(size["vocabulary"] - 1 - len(model["vocab"])):  # roberta-base has such, too
        model["vocab"][f"madeupword{filler:05}"] = len(model["vocab"])
    model["vocab"]["<mask>"] = len(model["vocab"])
    with tempfile.TemporaryDirectory() as files:
        Path(files, "vocab.json").write_text(json.dumps(model["vocab"]))
        Path(files, "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(m) for m in model["merges"]) + "\n")
        Path(files, "config.json").write_text('{"model_type": "roberta"}')
        mask = AddedToken("<mask>", lstrip=True)
        transformers.RobertaTokenizerFast.from_pretrained(files, mask_token=mask).save_pretrained(folder)
    config = transformers.RobertaConfig(
        vocab_size=size["vocabulary"],
        hidden_size=size["hidden"],
        num_hidden_layers=size["layers"],
        num_attention_heads=size["heads"],
        intermediate_size=size["inner"],
        max_position_embeddings=positions,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )
    torch.manual_seed(1)
    roberta = transformers.RobertaForMaskedLM(config)
    for parameter in roberta.parameters():  # biases, too: zeros would hide a mistake
        torch.nn.init.normal_(parameter, parameter.mean().item(), 0.05)
    roberta.save_pretrained(folder)


def remask(command, folder):
    """What Remask makes of the sentences: ids, and logits by position."""
    answer = subprocess.run([command, "fill-mask", "--logits", "--model", folder, *SENTENCES], capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(answer.stderr.strip() or f"{command} ended with exit code {answer.returncode}")
    return json.loads(answer.stdout)


def compare(folder, ours):
    """The largest difference of a logit; ends the program if ids differ."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model, report = transformers.RobertaForMaskedLM.from_pretrained(folder, output_loading_info=True)
    model.eval()
    if report["missing_keys"] or report["mismatched_keys"]:
        sys.exit(f"DIFFERENT: transformers finds not all of the model: {report}")
    largest = 0.0
    for sentence, scored in zip(SENTENCES, ours, strict=True):
        ids = tokenizer(sentence)["input_ids"]
        if ids != scored["tokens"]:
            sys.exit(f"DIFFERENT: ids of {sentence!r}: transformers {ids}, Remask {scored['tokens']}")
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0]
        for position, values in scored["logits"].items():
            difference = (logits[int(position)] - torch.tensor(values)).abs().max().item()
            largest = max(largest, difference)
    return largest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="opened with transformers, and with Remask unless --ours is given")
    parser.add_argument("--ours", metavar="DIR", help="the folder that Remask opens instead")
    parser.add_argument("--make", metavar="DIR", help="write a random model there first; refused if DIR exists")
    parser.add_argument("--size", choices=SIZES, default="tiny", help="of that model (default: tiny)")
    parser.add_argument("--positions", type=int, default=514, help="of that model (default: 514, as roberta-base)")
    parser.add_argument("--remask", default=str(REMASK), help="the command (default: the one beside this folder)")
    arguments = parser.parse_args()
    if bool(arguments.folder) == bool(arguments.make):
        parser.error("give a folder or --make DIR")
    if arguments.make:
        Path(arguments.make).mkdir()
        make(arguments.make, SIZES[arguments.size], arguments.positions, SENTENCES)
    folder = arguments.folder or arguments.make
    largest = compare(folder, remask(arguments.remask, arguments.ours or folder))
    same = largest <= TOLERANCE  # NaN is not
    print(
        f"{'same' if same else 'DIFFERENT'}: {len(SENTENCES)} sentences, ids equal, "
        f"largest difference of a logit {largest:.1e} (allowed {TOLERANCE}); "
        f"transformers {transformers.__version__}, torch {torch.__version__}, {folder}"
    )
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()

"""remask peek --segment 0:7 --epochs 1,2,3 --json | python3 docs/recompute.py    (the rules: mlm/MASKING.md)"""
import hashlib, json, sys
M, PHI = (1 << 64) - 1, 0x9E3779B97F4A7C15

def mix64(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M
    z = (z ^ z >> 27) * 0x94D049BB133111EB & M
    return z ^ z >> 31

def stream(text, a, b):
    keys = [int.from_bytes(hashlib.sha256(text.encode()).digest()[i:i + 8], "little") for i in (0, 8)]
    for r in range(4):
        a, b = b, a ^ mix64(b + keys[r % 2] + r * PHI & M)
    return lambda i: mix64(a ^ mix64(b + i * PHI & M))

def example(shown, tokens, V, starts, epoch, seed, policy):
    p = dict(part.split("=") for part in policy.split(";"))
    copies = p["kind"].partition("/")[2]
    place = (epoch % int(copies) if copies else epoch) << 32 | shown["partition"]
    draw = stream(f"remask-mask-1\n{seed}\n{shown['dataset']}\n{policy}", place, shown["sequence"])
    share, masked, random = int(p["probability"]), int(p["mask"]), int(p["random"])
    words, exact = p["whole-word"] == "true", p["selection"] == "exact"
    begins = [not words or i == 0 or t in starts or min(t, tokens[i - 1]) < 4 for i, t in enumerate(tokens)] + [True]
    left = [i for i, t in enumerate(tokens) if begins[i] and (t > 3 or p["specials"] == "true")]
    n, inputs, at = len(left), list(tokens), []
    for j in range(1, (n * share + (draw(0) >> 32) >> 32) + 1 if exact else n + 1):
        k = j - 1 + ((draw(j) >> 32) * (n - j + 1) >> 32 if exact else 0)
        left[j - 1], left[k] = left[k], left[j - 1]
        if exact or draw(j) >> 32 < share:
            for w, i in enumerate(range(left[j - 1], begins.index(True, left[j - 1] + 1))):
                at, low = at + [i], draw((w << 33) + j) & 0xFFFFFFFF
                replaced = 4 + ((draw((1 << 32) + (w << 33) + j) >> 32) * (V - 5) >> 32)
                inputs[i] = V - 1 if low < masked else replaced if low < masked + random else tokens[i]
    return {"inputs": inputs, "positions": sorted(at), "labels": [tokens[i] for i in sorted(at)]}

shown = json.load(sys.stdin)
for e in shown["examples"]:
    mine = example(shown, shown["tokens"], shown["vocabulary_size"], shown.get("word_starts", []), e["epoch"], e["seed"], e["policy"])
    wrong = [f"{k}[{i}]" for k, v in mine.items() for i in range(max(len(v), len(e[k]))) if v[i:i + 1] != e[k][i:i + 1]]
    print(f"epoch {e['epoch']}:", f"{wrong[0]} differs" if wrong else "same")
    wrong and sys.exit(1)

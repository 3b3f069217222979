"""Recomputes masked examples from MASKING.md alone. One JSON request per line in, one example per line out."""
import hashlib, json, sys
M = (1 << 64) - 1
PHI = 0x9E3779B97F4A7C15

def mix64(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M
    z = (z ^ z >> 27) * 0x94D049BB133111EB & M
    return z ^ z >> 31

def stream(text, a, b):
    digest = hashlib.sha256(text.encode()).digest()
    keys = [int.from_bytes(digest[i:i + 8], "little") for i in (0, 8)]
    for r in range(4):
        a, b = b, a ^ mix64(b + keys[r % 2] + r * PHI & M)
    return lambda i: mix64(a ^ mix64(b + i * PHI & M))

def mask(seed, dataset, policy, V, epoch, partition, sequence, tokens, starts=()):
    p = dict(part.split("=") for part in policy.split(";"))
    kind, _, copies = p["kind"].partition("/")
    copy = epoch % int(copies) if copies and epoch >= 0 else epoch % (1 << 32)
    draw = stream(f"remask-mask-1\n{seed}\n{dataset}\n{policy}", copy << 32 | partition, sequence)
    share, masked, random = int(p["probability"]), int(p["mask"]), int(p["random"])
    words, exact = p["whole-word"] == "true", p["selection"] == "exact"
    begins = [not words or i == 0 or t in starts or min(t, tokens[i - 1]) < 4 for i, t in enumerate(tokens)] + [True]
    left = [i for i, t in enumerate(tokens) if begins[i] and (t > 3 or p["specials"] == "true")]
    n, inputs, positions = len(left), list(tokens), []
    for j in range(1, (n * share + (draw(0) >> 32) >> 32) + 1 if exact else n + 1):
        if exact:
            k = j - 1 + ((draw(j) >> 32) * (n - j + 1) >> 32)
            left[j - 1], left[k] = left[k], left[j - 1]
        if exact or draw(j) >> 32 < share:
            for w, at in enumerate(range(left[j - 1], begins.index(True, left[j - 1] + 1))):
                i = (w << 33) + j
                low = draw(i) & 0xFFFFFFFF
                positions.append(at)
                if low < masked: inputs[at] = V - 1
                elif low < masked + random: inputs[at] = 4 + ((draw((1 << 32) + i) >> 32) * (V - 5) >> 32)
    return inputs, sorted(positions), [tokens[i] for i in sorted(positions)]

for line in sys.stdin:
    print(json.dumps(mask(*json.loads(line)), separators=(",", ":")), flush=True)

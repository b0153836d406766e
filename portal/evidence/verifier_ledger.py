"""What a verifier of the ledger needs: Ed25519 (RFC 8032), the tree (RFC 9162) and signed notes (C2SP).

A program of its own, which shares nothing with the code that seals; the standard library of Python 3.8 is enough.
"""

import base64
import hashlib
import json

# Ed25519: whether a signature is that of a key (RFC 8032, 5.1). Points are (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def plus(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = plus(found, point)
        point, number = plus(point, point), number >> 1
    return found


def decoded(data):
    """The point that 32 bytes stand for, or None."""
    y, is_odd = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - xx) % P or (x == 0 and is_odd):
        return None
    x = P - x if x & 1 != is_odd else x
    return x, y, 1, x * y % P


BASE = decoded((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    key, start = decoded(public), decoded(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or start is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(scalar, BASE), plus(start, times(challenge, key))
    return all((left[n] * right[2] - right[n] * left[2]) % P == 0 for n in (0, 1))


# The tree (RFC 9162, 2.1)


def sha256(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    """The one form in which JSON goes into the ledger (RFC 8785, for what stands there)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def leaf_hash(data):
    return sha256(b"\0" + data)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def is_included(leaf, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    place, last, found = index, size - 1, leaf
    if not 0 <= place <= last:
        return False
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(other, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, other)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def continues(old_size, old_root, new_size, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if not 0 < old_size < new_size:
        return old_size == new_size and old_root == new_root and not proof
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        return False
    old = new = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, other)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


class Tree:
    """A tree that grows: `peaks` are the hashes of its complete parts, from left to right."""

    def __init__(self, size=0, peaks=()):
        self.size, self.peaks = size, list(peaks)
        if len(self.peaks) != bin(size).count("1"):
            raise ValueError("its start does not fit its size")

    def add(self, leaf):
        number, self.size = self.size, self.size + 1
        while number & 1:
            leaf, number = node_hash(self.peaks.pop(), leaf), number >> 1
        self.peaks.append(leaf)

    def root(self):
        found = self.peaks[-1] if self.peaks else sha256(b"")
        for peak in reversed(self.peaks[:-1]):
            found = node_hash(peak, found)
        return found


# Signed notes


class Key:
    """A public key as text: name+id+base64(kind, key). Kind 1 signs notes, kind 4 cosigns checkpoints."""

    def __init__(self, text):
        self.text = text.strip()
        self.name, self.id, data = self.text.split("+", 2)
        raw = base64.b64decode(data, validate=True)
        self.kind, self.public = raw[0], raw[1:]
        if sha256(self.name.encode() + b"\n" + raw)[:4].hex() != self.id or self.kind not in (1, 4):
            raise ValueError("this is no public key: " + self.text)


class Note:
    """A signed note about a tree: origin, size and root, and lines of signatures."""

    known: dict = {}  # signatures that were checked before
    met = False  # whether the leaves of a period came to its root

    def __init__(self, data):
        self.data = data
        text, _blank, lines = data.decode().rpartition("\n\n")
        self.text = text + "\n"
        self.origin, size, root = self.text.split("\n")[:3]
        self.size, self.root = int(size), base64.b64decode(root, validate=True)
        if size != str(self.size) or len(self.root) != 32:
            raise ValueError("it names no size and root")
        self.signatures = []
        for line in lines.splitlines():
            dash, name, blob = line.split(" ")
            raw = base64.b64decode(blob, validate=True)
            if dash != "\u2014":
                raise ValueError("it has a line that is no signature")
            self.signatures.append((name, raw[:4].hex(), raw[4:]))

    def signers(self, keys):
        """Those of `keys` that signed it; a signature that claims to be of one of them and is not is an error."""
        found = []
        for name, key_id, signature in self.signatures:
            for key in keys:
                if (key.name, key.id) != (name, key_id):
                    continue
                message = self.text.encode()
                if key.kind == 4:
                    seconds = int.from_bytes(signature[:8], "big")
                    message = b"cosignature/v1\ntime %d\n" % seconds + message
                asked = (key.text, message, signature)
                if asked not in self.known:
                    self.known[asked] = is_signed(key.public, message, signature[8:] if key.kind == 4 else signature)
                if not self.known[asked]:
                    raise ValueError(f"the signature of {name} is wrong")
                found.append(key)
        return found


class Trust:
    """The signed tree of the pack, and the keys that may sign for it."""

    def __init__(self, keys, witnesses):
        self.keys, self.witnesses = keys, witnesses
        self.size, self.root = 0, b""

    def note(self, data):
        """The note, which the ledger has signed. Raises ValueError."""
        found = Note(data)
        signers = found.signers(self.keys + self.witnesses)
        if not any(key.kind == 1 and key in self.keys and key.name == found.origin for key in signers):
            raise ValueError("it is not signed by the key of the ledger")
        return found

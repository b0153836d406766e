#!/usr/bin/env python3
"""Check an evidence pack without the portal that made it. Needs Python 3.8 or newer and nothing else.

    python3 verify.py [PACK] [--vkey VKEY] [--witness VKEY] [--checkpoint FILE]

PACK is the ZIP, or the folder that it was unpacked to; without it, the folder of this file.
VKEY is the public key of the ledger, or of a witness, as you got it from somebody else than the pack.
FILE is a checkpoint that somebody outside has kept: the pack has to continue it.
Ends with 0 when everything holds, 1 when something does not, 2 when it cannot be checked at all.

A ledger is a Merkle tree (RFC 6962, RFC 9162): whoever changes, leaves out or adds an entry changes its root, and the
root is signed (C2SP signed note, tlog-checkpoint and tlog-cosignature, Ed25519 by RFC 8032).
"""

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from portal.evidence.verifier_ledger import Key, Tree, Trust, canonical, continues, is_included, leaf_hash, sha256

BAD_ZIP = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)


class Pack:
    """The files of a ZIP or of a folder."""

    def __init__(self, path):
        self.path = Path(path)
        self.zip = None if self.path.is_dir() else zipfile.ZipFile(self.path)
        if self.zip:
            self.names = [name for name in self.zip.namelist() if not name.endswith("/")]
        else:
            self.names = [file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file()]

    def below(self, start, end=""):
        return sorted(name for name in self.names if name.startswith(start) and name.endswith(end))

    def open(self, name):
        return self.zip.open(name) if self.zip else open(self.path / name, "rb")

    def read(self, name):
        with self.open(name) as file:
            return file.read()

    def json(self, name):
        return json.loads(self.read(name).decode())

    def lines(self, name):
        """(place in words, the line without its end) one by one."""
        with self.open(name) as file:
            for number, line in enumerate(file, 1):
                yield f"{name} line {number}", line[:-1] if line.endswith(b"\n") else line


class Check:
    """One line of the report: how many things were looked at, and where one does not hold."""

    def __init__(self, title):
        self.title, self.count, self.faults, self.extra = title, 0, [], ""

    def that(self, holds, place, fault):
        self.count += 1
        if not holds:
            self.faults.append(f"{place}: {fault}")
        return holds


class Report:
    """What is printed, line by line."""

    def __init__(self):
        self.failed, self.unsure = 0, 0

    @contextmanager
    def check(self, title, place):
        found = Check(title)
        try:
            yield found
        except (ValueError, LookupError, TypeError, AttributeError, OSError, EOFError, *BAD_ZIP) as error:
            found.faults.append(f"{place}: cannot be read ({type(error).__name__}: {error})")
        for fault in found.faults[:20]:
            self.say("FAILED", found.title, fault)
        if found.faults[20:]:
            self.say("FAILED", found.title, f"and {len(found.faults) - 20} more")
        if not found.faults:
            self.say("OK", found.title, f"{place}: {found.count} checked. {found.extra}".strip())
        self.failed += bool(found.faults)

    def say(self, word, title, text):
        print(f"{word:<8}{title:<13}{text}")


def check_manifest(pack, report):
    """Every file is the one that was packed, and no other is there."""
    with report.check("files", "manifest.json") as check:
        listed = pack.json("manifest.json")["files"]
        check.that(len(pack.names) == len(set(pack.names)), "the archive", "holds a name twice")
        for name in sorted(set(pack.names) - set(listed) - {"manifest.json"}):
            check.that(False, name, "is not a part of the pack")
        for name, said in sorted(listed.items()):
            if check.that(name in pack.names, name, "is missing"):
                with pack.open(name) as file:
                    digest, size = digested(file)
                same = digest == said["sha256"] and size == said["size"]
                check.that(same, name, "is not the file that was packed")
        check.extra = "Its own SHA-256: " + sha256(pack.read("manifest.json")).hex()


def digested(file):
    digest, size = hashlib.sha256(), 0
    for part in iter(lambda: file.read(1 << 20), b""):
        digest.update(part)
        size += len(part)
    return digest.hexdigest(), size


def check_checkpoint(pack, report, vkeys, witnesses):
    """The keys and the tree by which all else is judged; None when there is no such tree."""
    trust = None
    with report.check("checkpoint", "checkpoint.txt") as check:
        own = pack.json("keys.json")
        keys = [Key(text) for text in vkeys] or [Key(item["vkey"]) for item in own["ledger"]]
        others = [Key(text) for text in witnesses] or [Key(item["vkey"]) for item in own["witnesses"]]
        found = Trust(keys, others)
        note = found.note(pack.read("checkpoint.txt"))
        found.size, found.root = note.size, note.root
        check.count, trust = 1, found
        names = [key.name for key in note.signers(others)]
        check.extra = f"{note.origin}: {note.size} entries, root {note.root.hex()}, "
        check.extra += "cosigned by " + (", ".join(names) or "nobody")
    if not vkeys:
        report.say("WARNING", "checkpoint", "the public key came from the pack itself, so this does NOT prove who")
        report.say("WARNING", "checkpoint", "signed it. Get the key from somebody else and add --vkey VKEY.")
    return trust


def check_entries(pack, report, trust, folder):
    """{index: (leaf, words, or None when they were erased)} of the entries of the ledger."""
    place, found, erased, excused = folder + "entries.jsonl", {}, [], set()
    with report.check("entries", place) as check:
        for where, line in pack.lines(place):
            item = json.loads(line.decode())
            text, index, payload, content = item["leaf"], item["index"], item["payload"], None
            leaf, proof = json.loads(text), [bytes.fromhex(part) for part in item["proof"]]
            check.that(canonical(leaf) == text and index not in found, where, "is not one entry")
            is_in = is_included(leaf_hash(text.encode()), index, trust.size, proof, trust.root)
            check.that(is_in, where, f"entry {index} is not in the signed ledger")
            if payload == "erased":
                erased.append((where, leaf["id"]))
            else:
                same = sha256((payload["salt"] + payload["content"]).encode()).hex() == leaf["commitment"]
                check.that(same, where, f"the words are not those that entry {index} commits to")
                content = json.loads(payload["content"])
                if leaf["verb"] == "ledger.erased":
                    excused.update(content["data"]["entries"])
            found[index] = leaf, content
        for where, entry in erased:
            check.that(entry in excused, where, "words are missing, and no entry says that they were erased")
        check.extra = f"Of {len(found)} entries the words of {len(erased)} were erased."
    return found


def check_history(pack, report, folder, entries):
    """{(label, id): newest state} as rows of histories and logs say, whose digests the ledger has."""
    place, unknown = folder + "history.jsonl", 0
    newest: dict = {}
    with report.check("history", place) as check:
        for where, line in pack.lines(place):
            row = json.loads(line.decode())
            check.that(sha256(row["text"].encode()).hex() == row["digest"], where, "does not fit its digest")
            leaf, content = entries.get(row["entry"], (None, {"history": []}))
            key, state = (row["label"], row["object"]), json.loads(row["text"])
            check.that(is_proven(row, key, state, leaf, content), where, "no entry of the ledger proves it")
            unknown += content is None
            if key not in newest or row["id"] > newest[key][0]:
                newest[key] = row["id"], state
        if unknown:
            check.extra = f"{unknown} cannot be compared: the words of their entries were erased."
    return {key: state for key, (_number, state) in newest.items()}


def is_proven(row, key, state, leaf, content):
    """Whether the entry commits to this row of a history, or of a log, and to no other."""
    proof = {name: row[name] for name in ("table", "id", "digest")}
    is_target = leaf is not None and (leaf["target_type"], leaf["target_id"]) == key
    if content is None or proof in content["history"]:
        return is_target
    is_it = row["table"] == key[0].replace(".", "_") and state.get("id") == row["id"] and str(row["id"]) == key[1]
    return leaf is not None and is_it and proof in content.get("rows", ())


def check_documents(pack, report, folder):
    """Each document is the text that its name is the digest of."""
    with report.check("documents", folder + "documents") as check:
        for name in pack.below(folder + "documents/"):
            is_it = name == f"{folder}documents/{sha256(pack.read(name)).hex()}.json"
            check.that(is_it, name, "is not the text that its name is the SHA-256 of")


PROVEN = ("incident.json", "change.json", "changes.json", "votes.json", "versions.json", "evidence.json")
WITH_RECEIPT = ("votes.json", "versions.json")
ALL_OF = {"votes.json": "change.reviewed"}
OF_HISTORY = {"history_id", "history_date", "history_type", "history_user_id", "reason", "request_id", "actor_label"}
NO_FACTS = ("manifest.json", "keys.json", "sample.json", "about.json")


def check_facts(pack, report, folder, entries, newest):
    """What the other files say is what entries, history and documents say."""
    names = [name[len(folder) :] for name in pack.below(folder, ".json")]
    for name in (name for name in names if "/" not in name and name not in NO_FACTS):
        place, proven = folder + name, 0
        with report.check("facts", place) as check:
            said = pack.json(place)
            rows = said.get("rows", [said])
            for number, row in enumerate(rows, 1):
                where, is_proven = f"{place} row {number}", "entry" in row or "fields" in row
                if "entry" in row:
                    check_entry(check, where, row, *entries.get(row["entry"], ({}, None)))
                if "fields" in row:
                    state = newest.get((row["label"], row["id"]), {})
                    same = all(key in state and state[key] == value for key, value in row["fields"].items())
                    same = same and set(state) - OF_HISTORY <= set(row["fields"])
                    check.that(same, where, "the newest row of its history says something else")
                if "document" in row:
                    check_text(check, where, row, f"{folder}documents/{row['document']}.json" in pack.names)
                if row.get("commitment") and row["text"] is not None:
                    same = sha256((row["salt"] + row["text"]).encode()).hex() == row["commitment"]
                    check.that(same, where, "the text is not the one that was committed to")
                if "entry" in row and name in WITH_RECEIPT:
                    receipt = f"{folder}receipts/{row['entry']}.tlog-proof"
                    check.that(receipt in pack.names, where, f"{receipt} is missing")
                proven += is_proven
                check.that(is_proven or name not in PROVEN, where, "nothing proves it")
            told = {row.get("entry") for row in rows}
            for index in (index for index, (leaf, _) in entries.items() if leaf["verb"] == ALL_OF.get(name)):
                check.that(index in told, place, f"entry {index} tells of one more")
            check.extra = f"{proven} of {len(rows)} rows are proven"
            check.extra += "." if proven == len(rows) else "; the others are the word of the portal alone."


def check_entry(check, where, row, leaf, content):
    """What `row` says of an entry is what the entry says."""
    same = all(key in leaf and leaf[key] == value for key, value in row["leaf"].items())
    if content is not None:
        data = content["data"] or {}
        same = same and all(key in data and data[key] == value for key, value in row["data"].items())
        same = same and all(value in data.get(key, ()) for key, value in row.get("among", {}).items())
    check.that(same and leaf, where, f"entry {row['entry']} is not there, or says something else")


def check_text(check, where, row, is_there):
    """What `row` is about is a document of the pack, and the one that entries and history name."""
    check.that(is_there, where, f"the document {row['document']} is not in the pack")
    for part in ("data", "fields"):
        digest = row.get(part, {}).get("digest", row["document"])
        check.that(digest == row["document"], where, "is about another text")


def check_receipts(pack, report, trust, folder, entries):
    """Each receipt proves by itself that its entry is in the ledger."""
    with report.check("receipts", folder + "receipts") as check:
        for name in pack.below(folder + "receipts/"):
            head, _blank, note = pack.read(name).decode().partition("\n\n")
            form, extra, index, *hashes = head.split("\n")
            text, number = base64.b64decode(extra[len("extra ") :], validate=True), int(index[len("index ") :])
            tree, proof = trust.note(note.encode()), [base64.b64decode(line, validate=True) for line in hashes]
            check.that(form == "c2sp.org/tlog-proof@v1" and extra[:6] == "extra ", name, "is no receipt")
            check.that(is_included(leaf_hash(text), number, tree.size, proof, tree.root), name, "does not hold")
            same = name == f"{folder}receipts/{number}.tlog-proof" and number in entries
            check.that(same and canonical(entries[number][0]) == text.decode(), name, "is of another entry")


def check_tree(pack, report, trust, title, note, name):
    """The signed tree of the pack continues the one of `note`."""
    proof, hashes = f"consistency/{note.size}-{trust.size}.txt", []
    if note.size != trust.size and proof not in pack.names:
        report.unsure += 1
        report.say("UNKNOWN", title, f"{name}: the pack has no proof from {note.size} to {trust.size} entries")
        return
    with report.check(title, name) as check:
        if note.size != trust.size:
            hashes = [base64.b64decode(line, validate=True) for _where, line in pack.lines(proof)]
        holds = continues(note.size, note.root, trust.size, trust.root, hashes)
        check.that(holds, name, "the ledger of the pack does not continue the one that this checkpoint is of")
        check.extra = f"The ledger continues what it was at {note.size} entries."


def check_period(pack, report, trust, outside):
    """No entry of the period was left out, and the lists name what the ledger names."""
    seen: dict = {}  # verb -> ids of what it happened to within the period
    with report.check("period", "ledger/leaves.txt") as check:
        period, end = pack.json("ledger/period.json"), trust.note(pack.read("ledger/end.txt"))
        tree = Tree(period["start"], [bytes.fromhex(part) for part in period["hashes"]])
        if period["start"]:
            start = trust.note(pack.read("ledger/start.txt"))
            same = (start.size, start.root) == (tree.size, tree.root())
            check.that(same, "ledger/period.json", "its start is not that of ledger/start.txt")
        for _where, line in pack.lines("ledger/leaves.txt"):
            check.count += 1
            tree.add(leaf_hash(line))
            if outside and outside.size == tree.size:
                outside.met = True
                check.that(outside.root == tree.root(), "--checkpoint", "the ledger was another one when it was kept")
            leaf = json.loads(line.decode())
            if period["from"] <= leaf["at"] < period["until"]:
                seen.setdefault(leaf["verb"], []).append(leaf["target_id"])
        whole = (end.size, end.root) == (tree.size, tree.root())
        check.that(whole, "ledger/leaves.txt", "an entry was left out, added or changed: the root is another one")
        check.extra = f"Entries {period['start']} to {tree.size - 1} are all there, for "
        check.extra += f"{period['from']} until {period['until']}."
        check_tree(pack, report, trust, "period", end, "ledger/end.txt")
    for name in pack.below("population/", ".json"):
        with report.check("population", name) as check:
            check_population(pack, check, name, pack.json(name), pack.json("sample.json"), seen)


def check_population(pack, check, name, listed, sample, seen):
    said = Counter(row["id"] for row in listed["rows"])
    known = Counter(key for verb in listed["verbs"] for key in seen.get(verb, ()))
    for key in sorted(known - said):
        check.that(False, name, f"{key} is in the ledger and not in the list")
    for key in sorted(said - known):
        check.that(False, name, f"{key} is in the list and not in the ledger")
    check.count += len(listed["rows"])
    drawn = sample["drawn"].get(listed["kind"])
    if drawn is None:
        return
    order = sorted(said, key=lambda key: sha256(f"{sample['seed']}|{key}".encode()))
    same = order[: sample["size"]] == [row["id"] for row in drawn]
    check.that(same, "sample.json", f"was not drawn from {name} as it says")
    for row in drawn:
        check.that(pack.json(row["folder"] + "about.json")["id"] == row["id"], row["folder"], "is about something else")
    check.extra = f"{len(drawn)} of them were drawn and are in the pack."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", nargs="?", default=str(Path(__file__).resolve().parent))
    for name in ("--vkey", "--witness"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--checkpoint")
    asked = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    report, outside = Report(), None
    try:
        pack = Pack(asked.pack)
        pack.open("manifest.json").close()
        kept = asked.checkpoint and Path(asked.checkpoint).read_bytes()
    except (OSError, LookupError, ValueError, zipfile.BadZipFile) as error:
        print(f"UNKNOWN This is no evidence pack, or a file of yours cannot be read: {error}")
        return 2
    check_manifest(pack, report)
    trust = check_checkpoint(pack, report, asked.vkey, asked.witness)
    if trust is None:
        print("FAILED  Without a checkpoint that the ledger has signed nothing can be proven.")
        return 1
    if kept:
        with report.check("outside", asked.checkpoint) as check:
            outside, check.count = trust.note(kept), 1
    for name in pack.below("witnessed/"):
        with report.check("witnessed", name):
            check_tree(pack, report, trust, "witnessed", trust.note(pack.read(name)), name)
    for folder in (name[: -len("entries.jsonl")] for name in pack.below("", "entries.jsonl")):
        entries = check_entries(pack, report, trust, folder)
        newest = check_history(pack, report, folder, entries)
        check_documents(pack, report, folder)
        check_facts(pack, report, folder, entries, newest)
        check_receipts(pack, report, trust, folder, entries)
    if pack.below("ledger/") or pack.below("population/"):
        check_period(pack, report, trust, outside)
    if outside and not outside.met:
        check_tree(pack, report, trust, "outside", outside, asked.checkpoint)
    if report.failed:
        print(f"FAILED  {report.failed} checks do not hold: do not rely on this pack.")
    elif report.unsure:
        print(f"UNKNOWN Nothing is wrong, but {report.unsure} checks could not be made.")
    else:
        print("OK      Everything holds.")
    return 1 if report.failed else 2 if report.unsure else 0


if __name__ == "__main__":
    sys.exit(main())

"""README.txt of a pack, in plain words, and the program that checks it."""

from pathlib import Path

HERE = Path(__file__).parent
INCLUDED = (
    "from portal.evidence.verifier_ledger import "
    "Key, Tree, Trust, canonical, continues, is_included, leaf_hash, sha256\n"
)


def program() -> bytes:
    """verify.py: the verifier with the one module that it imports of ours in its place."""
    text = (HERE / "verifier.py").read_text()
    if text.count(INCLUDED) != 1:
        raise RuntimeError("verifier.py no longer imports its other half in one line.")
    return text.replace(INCLUDED, (HERE / "verifier_ledger.py").read_text()).encode()


def readme(*, title: str, made_at: str, size: int, notes: list[str], is_period: bool) -> bytes:
    parts = [HEAD.format(title=title, made_at=made_at, size=size)]
    parts += [f"Note: {note}\n" for note in notes]
    parts += [PERIOD if is_period else "", FILES]
    return "\n".join(part for part in parts if part).encode()


HEAD = """\
EVIDENCE PACK: {title}
Made at {made_at}, against a ledger of {size} entries.

This pack holds personal data: names, e-mail addresses, what people did and wrote. Keep it as you keep such data,
give it to nobody who does not need it, and delete it when it is no longer needed.

HOW TO CHECK IT

    python3 verify.py [--vkey VKEY] [--witness VKEY] [--checkpoint FILE]

It needs Python 3.8 or newer and nothing else, no network and nothing of the portal. It ends with 0 when everything
holds, 1 when something does not, and 2 when it could not check something.

  --vkey        The public key of the ledger, which somebody else than the portal gave you. keys.json has it too, but
                whoever could forge this pack could forge that file: without --vkey you learn that the pack fits
                together, and not who has signed it.
  --witness     The public key of a witness, got in the same way.
  --checkpoint  A checkpoint that somebody outside has kept. It proves that the ledger of this pack is the same one,
                only longer: that nothing was rewritten since.

If you do not trust verify.py, read it (it is short), take another copy of it with `verify.py PACK.zip`, or check with
programs of others: checkpoint.txt is a C2SP signed note (tlog-checkpoint), receipts/ are C2SP tlog-proofs, proofs are
those of RFC 9162, signatures are Ed25519.
"""

PERIOD = """\
WHAT A PERIOD IS

  population/   all incidents, all changes and all publications of the period, as a table (.csv) and with counts and
                the numbers that are missing (.json)
  sample.json   which of them were drawn, and how: in the order of SHA-256 of "seed|id". Choose the seed yourself and
                ask for the pack; nobody can then choose the sample for you.
  samples/      everything about each of them, as in a pack of its own
  ledger/       every entry of the ledger from the last checkpoint before the period (start.txt) to the first one after
                it (end.txt). verify.py computes both roots from them, so no entry of the period can have been left
                out, and compares the lists with them.
"""

FILES = """\
WHAT IS IN IT

  entries.jsonl     entries of the ledger: the exact leaf, the proof that it is in the tree, salt and words. Words that
                    were erased by law are missing; the entry stays, and another one says that they were erased.
  history.jsonl     every state of every record, with the digest that an entry of the ledger holds
  documents/        rules as they were in force, letter by letter; the name is the SHA-256 of the text
  versions.json     which of them were in force, from when until when, and the change that brought them
  votes.json        who approved or objected, when, and the digest of the text that they had read
  diffs/            what a change did to the text, for programs (.json) and for people (.txt)
  receipts/         a proof on its own for each decision and each publication
  witnessed/, consistency/   what witnesses keep, and the proofs that this ledger continues it
  people.json       who is who
  manifest.json     SHA-256 and size of every file

WHAT IS PROVEN, AND WHAT IS NOT

Proven by the ledger: entries, history, documents, versions, votes and their order. The times in entries are those of
the portal's own clock. In the other files proven is what stands under "entry" with "leaf" and "data", under "fields"
and under "document"; the words beside them are for readers, and so is diffs/ (the documents decide). verify.py says of
each file how many of its rows are proven; the others (such as messages, the timeline, who followed) are what the
portal says, packed as it was at the time above.
Which objects belong into a pack of one incident or change is what the portal says, too. That nothing is missing is
proven only for a period, and from the outside only with --checkpoint files that were kept outside at the time.
"""

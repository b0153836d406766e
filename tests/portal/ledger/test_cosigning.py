"""What a witness cosigns, and each reason for which it does not (C2SP tlog-witness)."""

import pytest

from portal.audit import cosigning, merkle, notes
from portal.audit.cosigning import Answer, Seen
from tests.portal.ledger import log


def judged(body: str | bytes, seen: Seen | None = None) -> Answer:
    body = body.encode() if isinstance(body, str) else body
    known = {log.LOG.name: seen} if seen else {}
    return cosigning.judge(body, logs=[log.LOG.verifier], seen=known, key=log.WITNESS, at=log.AT)


def note(size: int, *, signer: notes.Signer = log.LOG, root: bytes | None = None, name: str = "") -> str:
    checkpoint = log.checkpoint(size)
    text = notes.Checkpoint(name or checkpoint.origin, size, root or checkpoint.root).text
    return f"{text}\n{signer.line(text)}"


def asked(old: int, new: int, text: str = "") -> str:
    return cosigning.request(old, merkle.consistency(old, new, log.STORE.read), text or note(new))


def seen(size: int) -> Seen:
    return Seen(size, log.checkpoint(size).root)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 40), (1, 2), (7, 40), (32, 33), (40, 40)])
def test_what_continues_the_last_checkpoint_is_cosigned(old: int, new: int) -> None:
    answer = judged(asked(old, new), seen(old) if old else None)
    assert (answer.status, answer.origin, answer.seen) == (200, log.LOG.name, seen(new))
    whole = notes.Note.parse(note(new) + answer.body)
    assert [(each.verifier.name, each.at) for each in whole.verified([log.WITNESS.verifier])] == [
        (log.WITNESS.name, log.AT)
    ]


def test_the_text_of_a_request_is_that_of_the_specification() -> None:
    body = (
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
        "\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        "\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"  # noqa: E501
    )
    read = cosigning.Request.parse(body)
    assert (read.old, len(read.proof), read.checkpoint.size) == (20852014, 4, 20852163)
    assert cosigning.request(read.old, read.proof, str(read.note)) == body


@pytest.mark.parametrize(
    "body",
    [
        "",
        "old 0\n",
        "old 0\n\n",
        note(3),
        asked(0, 3).replace("old 0", "old 00"),
        asked(0, 3).replace("old 0", "old -1"),
        asked(0, 3).replace("old 0", "OLD 0"),
        asked(0, 3).replace("old 0\n", "old 0\nAAAA\n"),
        asked(0, 3).replace("old 0\n", "old 0\nnot base64\n"),
        asked(2, 3).replace("old 2\n", "old 2\n" + f"{notes.to_base64(b'h' * 32)}\n" * 63),
        asked(0, 3)[:-1],
        asked(0, 3).replace("\n3\n", "\n03\n"),
        asked(0, 3).encode() + b"\xff",
        asked(5, 5).replace("old 5", "old 6"),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(body: str | bytes) -> None:
    answer = judged(body)
    assert (answer.status, answer.seen) == (400, None) and answer.body.endswith("\n")


def test_an_unknown_log_is_not_found_even_with_a_known_key() -> None:
    assert judged(asked(0, 3, note(3, name="other.example/ledger"))).status == 404


def test_a_checkpoint_that_no_known_key_has_signed_is_forbidden() -> None:
    assert judged(asked(0, 3, note(3, signer=log.STRANGER))).status == 403
    forged = note(3).replace("\n3\n", "\n4\n")
    assert judged(asked(0, 3, forged)).status == 403


def test_signatures_of_strangers_beside_a_good_one_do_no_harm() -> None:
    text = log.checkpoint(3).text
    answer = judged(asked(0, 3, note(3) + log.STRANGER.line(text)))
    assert answer.status == 200


def test_another_size_than_the_one_it_knows_is_answered_with_that() -> None:
    answer = judged(asked(3, 20), seen(7))
    assert (answer.status, answer.body, answer.content_type) == (409, "7\n", "text/x.tlog.size")
    assert answer.seen is None


def test_the_same_size_with_another_root_is_a_conflict_and_evidence() -> None:
    other = note(7, root=b"x" * 32)
    answer = judged(asked(7, 7, other), seen(7))
    assert (answer.status, answer.content_type, answer.seen) == (409, cosigning.TEXT, None)
    assert answer.refused == other


def test_a_log_that_was_rewritten_is_refused_and_its_checkpoint_is_evidence() -> None:
    rewritten = note(20, root=b"x" * 32)
    answer = judged(asked(7, 20, rewritten + log.STRANGER.line(log.checkpoint(20).text)), seen(7))
    assert (answer.status, answer.seen) == (422, None)
    assert answer.refused == rewritten  # what strangers have added is left out


def test_a_proof_where_none_is_needed_is_refused() -> None:
    answer = judged(asked(0, 3).replace("old 0\n", f"old 0\n{notes.to_base64(b'h' * 32)}\n"))
    assert answer.status == 422

from bartizan.drill.table import render
from bartizan.drill.verdict import Result, Tried, Verdict, rows
from tests.drill.scene import attack


def tried(name: str, control: str, verdict: Verdict, entry: int | None, skill: int = 1) -> Tried:
    return Tried(attack(name, control, skill=skill), verdict, f"{name} was tried", 7, entry=entry)


def test_a_run_reads_like_this() -> None:
    attempts = [
        tried("token-missing", "access.request-authenticated", Verdict.HELD, 9),
        tried("jwk-embedding", "access.request-authenticated", Verdict.HELD, 10, skill=4),
        tried("flood", "gateway.rate-limited", Verdict.BROKEN, 11),
        tried("secret-asked-for", "threats.prompt-injection", Verdict.UNPROTECTED, 12),
        tried("edited-copy", "ledger.intact", Verdict.UNDECIDED, 13),
    ]
    ran = Result("00" * 8, "sample", rows(attempts), ("data.minimised", "ledger.intact"), 1.0)
    assert render(ran) == (
        "CONTROL                       HELD   LEDGER  HARDEST TRIED\n"
        "access.request-authenticated   2/2   #9-10   jwk embedding\n"
        "gateway.rate-limited           0/1   #11     flood (BROKEN)\n"
        "ledger.intact                  0/1   #13     edited copy (COULD NOT BE JUDGED)\n"
        "threats.prompt-injection       0/1   #12     secret asked for (NOT PROTECTED)\n"
        "1 PROVEN   1 BROKEN   3 NOT PROVEN\n"
        "\n"
        "Broken:\n"
        "  flood  flood was tried (#11)\n"
        "\n"
        "Not protected now:\n"
        "  prompt injection  secret-asked-for was tried (#12)\n"
        "\n"
        "Could not be judged:\n"
        "  edited-copy  edited-copy was tried (#13)\n"
    )


def test_a_run_that_the_ledger_did_not_take_says_so() -> None:
    unrecorded = [tried("flood", "gateway.rate-limited", Verdict.HELD, None)]
    printed = render(Result("00" * 8, "sample", rows(unrecorded), (), 1.0))
    assert "gateway.rate-limited   1/1   -       flood\n" in printed
    assert "Not on record" in printed


def test_what_no_attack_has_shown_stands_under_the_same_heading() -> None:
    unrecorded = Result("00" * 8, "sample", (), ("data.sealed-at-rest",), 1.0)
    printed = render(unrecorded, (("sealed at rest", "nothing is sealed"), ("all 1", "bartizan status")))
    assert (
        "\nNot protected now:\n  sealed at rest  nothing is sealed\n  all 1           bartizan status\n"
        in printed
    )

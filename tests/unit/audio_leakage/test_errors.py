from audio_leakage.errors import BrokenEvidence


def test_broken_evidence_says_what_is_wrong_and_what_it_affects() -> None:
    broken = BrokenEvidence("the manifest of 2026-11-23 is missing", "this day and every later one")
    assert str(broken) == "the manifest of 2026-11-23 is missing. Affected: this day and every later one"

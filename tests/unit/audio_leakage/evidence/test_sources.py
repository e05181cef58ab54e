"""What is known of a contact id, from the rows of each source."""

from audio_leakage.evidence.files import Json
from audio_leakage.evidence.sources import RECORDING, Known

SMALL: Json = {"key": "z.wav", "size": 100_000}
LARGE: Json = {"key": "a.wav", "size": 900_000}
SILENT: Json = {"key": "zz.wav", "size": 44}


def test_the_largest_object_with_audio_is_the_recording_whatever_its_name() -> None:
    for objects in ([SMALL, LARGE, SILENT], [SILENT, LARGE, SMALL]):
        known = Known.of({RECORDING: objects})
        assert (known.recording, known.objects) == (LARGE, objects)
    assert Known.of({RECORDING: [SILENT]}).recording is None

"""What can be made to go wrong with the simulated Amazon Connect."""

import threading
from collections import Counter
from dataclasses import dataclass

#: HTTP status of each typed error of the service.
STATUS = {
    "AccessDeniedException": 403,
    "InternalServiceException": 500,
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "ThrottlingException": 429,
}
#: A 200 without the member it must have, a 200 that is not JSON, a connection that is closed unanswered.
CUT_OFF, NOT_JSON, RESET = "CutOff", "NotJson", "Reset"


@dataclass
class _Fault:
    operation: str
    code: str
    contact_id: str | None
    times: int | None

    def strikes(self, operation: str, contact_id: str | None) -> bool:
        return (
            self.operation == operation
            and self.contact_id in (None, contact_id)
            and (self.times is None or self.times > 0)
        )


class Faults:
    """The faults that are waiting to strike."""

    def __init__(self) -> None:
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self.struck: Counter[str] = Counter()
        """How many requests came to grief, by the code of the fault."""

    def add(
        self, operation: str, code: str, *, contact_id: str | None = None, times: int | None = None
    ) -> None:
        """Let an operation fail.

        :param operation: such as ``DescribeContact``.
        :param code: a key of :data:`STATUS`, or ``CUT_OFF``, ``NOT_JSON`` or ``RESET``.
        :param contact_id: for this contact only; None for all.
        :param times: so many times; None for ever.
        :raises ValueError: when there is no such fault.
        """
        allowed = [*STATUS, CUT_OFF, NOT_JSON, RESET]
        if code not in allowed:
            raise ValueError(f"{code!r} is no fault; allowed are {', '.join(allowed)}")
        self._faults.append(_Fault(operation, code, contact_id, times))

    def clear(self) -> None:
        """Let everything go right again."""
        self._faults.clear()

    def strike(self, operation: str, contact_id: str | None) -> str | None:
        """Return the code of the fault that strikes this request, if any does."""
        with self._lock:
            fault = next((fault for fault in self._faults if fault.strikes(operation, contact_id)), None)
            if fault is None:
                return None
            self.struck[fault.code] += 1
            if fault.times is not None:
                fault.times -= 1
            return fault.code

"""Faults that tests inject into the simulated Amazon Connect."""

import threading
from collections import Counter
from dataclasses import dataclass

#: HTTP status of the service's typed errors, by error code.
STATUS = {
    "AccessDeniedException": 403,
    "ContactFlowNotPublishedException": 404,
    "InternalServiceException": 500,
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "ThrottlingException": 429,
}
#: A 200 without its required member, a 200 that is not JSON, a connection closed without an answer.
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
    """Decide which requests fail, and how."""

    def __init__(self) -> None:
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self.struck: Counter[str] = Counter()
        """Number of requests that a fault hit, by code."""

    def add(
        self, operation: str, code: str, *, contact_id: str | None = None, times: int | None = None
    ) -> None:
        """Make an operation fail.

        :param operation: name of the operation, such as ``DescribeContact``.
        :param code: a key of :data:`STATUS`, or ``CUT_OFF``, ``NOT_JSON`` or ``RESET``.
        :param contact_id: fail for this contact only; None fails for all.
        :param times: maximum number of failures; None has no limit.
        :raises ValueError: if the code is unknown.
        """
        allowed = [*STATUS, CUT_OFF, NOT_JSON, RESET]
        if code not in allowed:
            raise ValueError(f"{code!r} is not a fault; allowed are {', '.join(allowed)}")
        self._faults.append(_Fault(operation, code, contact_id, times))

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def strike(self, operation: str, contact_id: str | None) -> str | None:
        """Return the code of the fault that hits this request, or None if none does."""
        with self._lock:
            fault = next((fault for fault in self._faults if fault.strikes(operation, contact_id)), None)
            if fault is None:
                return None
            self.struck[fault.code] += 1
            if fault.times is not None:
                fault.times -= 1
            return fault.code

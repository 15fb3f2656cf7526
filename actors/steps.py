"""What the record calls a step of a message: `CreateErpOrder.sent`, `ShipmentConfirmed.committed`."""

from twin.kernel.recorder import Recorder


class Steps(dict[type, int]):
    """The recorder's number of one step, by the type of the message; made when a type is first met."""

    def __init__(self, recorder: Recorder, step: str) -> None:
        super().__init__()
        self._recorder = recorder
        self._step = step

    def __missing__(self, kind: type) -> int:
        number = self[kind] = self._recorder.kind(f"{kind.__name__}.{self._step}")
        return number

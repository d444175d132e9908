"""Connections that are closed when a request's head does not arrive: uvicorn waits for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


def patient(seconds: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol with a limit to the time that a head takes.

    Args:
        seconds: from the opening of a connection, or from the first byte of a later request.
    """

    class Patient(AutoHTTPProtocol):  # type: ignore[valid-type, misc]
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._forget()

        def _watch(self) -> None:
            """Once the head is there the application sees to the body."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._forget()
            elif self._timer is None and not self.transport.is_closing():
                self._timer = self.loop.call_later(seconds, self.transport.close)

        def _forget(self) -> None:
            if self._timer:
                self._timer.cancel()
                self._timer = None

    return Patient

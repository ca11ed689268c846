"""Real serial ports through pyserial: opened exclusively, every failure a `PortError`."""

from __future__ import annotations

import errno
import sys
from typing import Any, Final

import serial
from serial.tools import list_ports as serial_tools

from labapp.errors import PortError
from labapp.record.inlet import make_inlet
from labapp.record.latency import set_latency
from labapp.record.ports import PortContext


def serial_faults() -> tuple[type[Exception], ...]:
    """List what pyserial lets through when a port goes away.

    Not only `SerialException` (an OSError): a handle closed under it gives TypeError, and the
    terminal calls of POSIX have an exception of their own.
    """
    if sys.platform == "win32":
        return (OSError, TypeError, ValueError)
    import termios

    return (OSError, TypeError, ValueError, termios.error)


_QUANTUM_S: Final = 0.1
"""Longest single wait inside pyserial: how late a stop or a shorter time-out is noticed."""
_RECEIVE_BUFFER: Final = 1 << 18
"""Windows keeps 4096 bytes by default: 9 ms of a fast device."""
_FAULTS: Final = serial_faults()


class SerialPort:
    """A port of this machine.

    Parameters
    ----------
    name
        ``COM3``, ``/dev/ttyUSB0``.
    context
        Baud rate and clock are used.

    Raises
    ------
    PortError
        The port is missing, in use, forbidden, or no serial port.
    """

    converses = True
    ended = False

    def __init__(self, name: str, context: PortContext) -> None:
        self.url = name
        port = serial.Serial()
        port.port = name
        port.baudrate = context.baud
        port.timeout = _QUANTUM_S
        port.write_timeout = 2.0
        port.exclusive = True
        try:
            port.open()
        except _FAULTS as error:
            raise open_error(name, error) from None
        self._port = port
        self.info: dict[str, Any] = {"url": name, "vid_pid": None, "serial": None}
        for known in serial_tools.comports():
            if known.device == name:
                if known.vid is not None and known.pid is not None:
                    self.info["vid_pid"] = f"{known.vid:04x}:{known.pid:04x}"
                self.info["serial"] = known.serial_number
        self.info |= set_latency(port, name)
        try:
            if sys.platform == "win32":
                port.set_buffer_size(rx_size=_RECEIVE_BUFFER)
            port.reset_input_buffer()
            self._inlet = make_inlet(port, context.clock, context.intake)
        except _FAULTS as error:
            port.close()
            raise lost_error(name, error) from None

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Take what has arrived, see `labapp.record.inlet`."""
        try:
            return self._inlet.read(timeout_s)
        except _FAULTS as error:
            raise lost_error(self.url, error) from None

    def write(self, data: bytes) -> None:
        """Send bytes; `PortError` when the port is gone or takes nothing for 2 s."""
        try:
            self._port.write(data)
        except _FAULTS as error:
            raise lost_error(self.url, error) from None

    def close(self) -> None:
        """Close the handle (on Windows a port comes back only after that)."""
        try:
            self._port.close()
        except OSError as error:
            if error.errno not in (errno.EIO, errno.ENXIO, errno.EBADF, errno.ENODEV):
                raise lost_error(self.url, error) from None


def open_error(name: str, error: Exception) -> PortError:
    """Put into one line why a port does not open: missing, busy, forbidden, or no port."""
    code = getattr(error, "errno", None)
    text = str(error)
    windows = sys.platform == "win32"
    if code == errno.ENOENT or "FileNotFoundError" in text or code in (errno.ENXIO, errno.ENODEV):
        there = sorted(known.device for known in serial_tools.comports())
        remedy = f"ports that exist: {', '.join(there)}" if there else "no port exists: plug it in"
        return PortError(f"port {name} does not exist", remedy)
    if code in (errno.EBUSY, errno.EAGAIN) or (windows and "PermissionError" in text):
        return PortError(f"port {name} is in use by another program", "close that program")
    if code in (errno.EACCES, errno.EPERM) or "PermissionError" in text:
        return PortError(
            f"no permission to open port {name}",
            "add yourself to the group 'dialout' (sudo usermod -aG dialout $USER, log in again)"
            " or install hardware/udev/70-labapp.rules",
        )
    return PortError(f"{name} cannot be opened as a serial port: {text}", "check the port name")


def lost_error(name: str, error: Exception) -> PortError:
    """Put into one line that a port went away."""
    detail = getattr(error, "strerror", None) or str(error)
    return PortError(f"port {name} was lost ({detail})", "check the plug or the radio link")

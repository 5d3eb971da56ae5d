"""ZIP archives whose entries are named in GBK, as this protocol's merchants read them.

Names are GBK bytes without the UTF-8 flag, and local headers carry the sizes: some readers test the
size before they read. The standard library can write neither. Source: PKWARE APPNOTE 6.3, §4.3.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

from changliao.core import clock
from changliao.core.clock import BEIJING, Instant

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION, _DEFLATED, _RAW = 20, 8, -15
_FIRST_YEAR: Final = 1980


def archive(entries: Sequence[tuple[str, bytes]], at: Instant) -> bytes:
    """Named contents as one file. `at` is the time its entries bear."""
    stamp = _stamp(at)
    body, directory = b"", b""
    for name, content in entries:
        title = name.encode("gbk")
        packer = zlib.compressobj(wbits=_RAW)
        packed = packer.compress(content) + packer.flush()
        sizes = (zlib.crc32(content), len(packed), len(content))
        common = (_VERSION, 0, _DEFLATED, *stamp, *sizes, len(title), 0)
        directory += _CENTRAL.pack(b"PK\1\2", _VERSION, *common, 0, 0, 0, 0, len(body)) + title
        body += _LOCAL.pack(b"PK\3\4", *common) + title + packed
    count = len(entries)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def _stamp(at: Instant) -> tuple[int, int]:
    """Time and date as the format packs them, to two seconds."""
    moment = clock.to_datetime(at, BEIJING)
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (moment.year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day

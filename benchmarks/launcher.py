"""Run a command and measure it: ``python -I -S launcher.py COMMAND [ARGUMENT ...]``.

The launcher is a small process of its own, because on Linux a child starts with the peak memory of the
process that started it (not documented, but see ``ru_maxrss`` in
https://man7.org/linux/man-pages/man2/getrusage.2.html), and a test session that holds the reference is larger
than what it measures. If memory runs out, the kernel ends the command first (``oom_score_adj``,
https://man7.org/linux/man-pages/man5/proc.5.html). The last line of standard output is ``{"seconds",
"peak_bytes", "status"}``.
"""

import json
import os
import sys
import time

if os.path.exists("/proc/self/oom_score_adj"):  # noqa: PTH110 - pathlib would make the launcher larger
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
measured = {
    "seconds": seconds,
    "peak_bytes": usage.ru_maxrss * unit,
    "status": os.waitstatus_to_exitcode(status),
}
print("\n" + json.dumps(measured))

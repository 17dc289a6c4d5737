"""An executor that another process can import; the job says what it does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dropspool import ExperimentDict
from dropspool.worker import report_progress


def obey(job):
    """Do what the job says; unless it says otherwise, return the job and the id of this process."""
    if "progress" in job:
        report_progress(job["progress"], "half-way")
    if "exit" in job:
        os._exit(job["exit"])
    if "signal" in job:
        os.kill(os.getpid(), job["signal"])
    if "error" in job:
        raise KeyboardInterrupt(job["error"])
    if "return" in job:
        return job["return"]
    if "hang" in job:
        program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
        Path(job["hang"]).write_text(f"{os.getpid()} {program.pid}")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(99)
    header = {"job": job, "pid": os.getpid()}
    return [ExperimentDict(header=header, shots=1, success=True, data={"memory": ["0"]})]

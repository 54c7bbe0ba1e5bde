"""O chatlib com um `Recorder` ligado, para medir quanto gravar custa; com ``--off``, sem ele."""

import sys
import threading
from contextlib import nullcontext

from chatlib import Server
from chatlib.lab import Recorder

with Server(port=0) as server, nullcontext() if "--off" in sys.argv else Recorder(server):
    print("{}:{}".format(*server.address), flush=True)
    threading.Event().wait()

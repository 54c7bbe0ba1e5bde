"""O chatlib com um `Recorder` ligado, para medir quanto gravar custa."""

import threading

from chatlib import Server
from chatlib.lab import Recorder

with Server(port=0) as server, Recorder(server):
    print("{}:{}".format(*server.address), flush=True)
    threading.Event().wait()

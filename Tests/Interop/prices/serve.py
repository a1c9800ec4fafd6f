"""Runs a price server as its author would: Python made of the proto by grpcio-tools, and the script beside this one.

Arguments: a folder for what is made, the name of the script. The script prints `{"port": ...}`; ends with its standard input.
"""

import os
import pathlib
import runpy
import sys
import threading

from grpc_tools import protoc

here = pathlib.Path(__file__).resolve().parent
protos = here.parent.parent.parent / "Plugins" / "GRPCPricer" / "Service"
folder, script = sys.argv[1:3]
if protoc.main(["", f"-I{protos}", f"--python_out={folder}", f"--grpc_python_out={folder}", str(protos / "prices.proto")]):
    sys.exit("protoc failed")


def watch():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()
sys.path.insert(0, folder)
sys.argv = [script, "127.0.0.1:0"]
runpy.run_path(str(here / script), run_name="__main__")

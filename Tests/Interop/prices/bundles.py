"""A price server that sells bundles of three requests and keeps their balances, as one for Aperture's metered mode does.

Prints `{"port": ...}`. The price of `/priced/reports` is the number of reports that it has taken.
"""

import json
import sys
import threading
from concurrent import futures

import grpc
import prices_pb2
import prices_pb2_grpc

SIZE = 3


class Bundles(prices_pb2_grpc.PricesServicer):
    def __init__(self):
        self.lock = threading.Lock()
        self.left, self.reserved, self.reports = {}, {}, []

    def GetPrice(self, request, context):
        with self.lock:
            return prices_pb2.GetPriceResponse(price_sats=len(self.reports) if request.path == "/priced/reports" else 20)

    def ChallengeMinted(self, request, context):
        assert request.price_sats > 0 and request.service_name == "priced"
        with self.lock:
            self.left[bytes.fromhex(request.token_id)] = SIZE
        return prices_pb2.ChallengeMintedResponse()

    def AuthorizeRequest(self, request, context):
        token = bytes.fromhex(request.token_id)
        with self.lock:
            if token not in self.left:
                context.abort(grpc.StatusCode.NOT_FOUND, "nobody sold this")
            if self.left[token] - self.reserved.get(token, 0) < 1:
                return prices_pb2.AuthorizeRequestResponse(allowed=False, price_sats=21, reason="nothing is left")
            self.reserved[token] = self.reserved.get(token, 0) + 1
        return prices_pb2.AuthorizeRequestResponse(allowed=True, reserved_estimate=1)

    def ReportUsage(self, request, context):
        token = bytes.fromhex(request.token_id)
        with self.lock:
            if token not in self.reserved:
                context.abort(grpc.StatusCode.NOT_FOUND, "nobody sold this")
            self.reserved[token] -= request.reserved_estimate
            if request.http_status == 200 and request.complete and request.response_tail:
                self.left[token] -= 1
            self.reports.append(request.path)
            return prices_pb2.ReportUsageResponse(debited_sats=7, remaining_sats=self.left[token] * 7)


server = grpc.server(futures.ThreadPoolExecutor(8))
prices_pb2_grpc.add_PricesServicer_to_server(Bundles(), server)
port = server.add_insecure_port(sys.argv[1])
server.start()
print(json.dumps({"port": port}), flush=True)
server.wait_for_termination()

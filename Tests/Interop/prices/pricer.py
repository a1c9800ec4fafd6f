import json, sys
from concurrent import futures
import grpc, prices_pb2, prices_pb2_grpc

SATOSHIS = {"small": 5, "large": 50}

class Prices(prices_pb2_grpc.PricesServicer):
    def GetPrice(self, request, context):
        # The request as HTTP/1.1 writes it: line and fields, an empty line, the beginning of the body.
        head, _, body = request.http_request_text.partition("\r\n\r\n")
        if head.startswith("GET "):
            return prices_pb2.GetPriceResponse(price_sats=1)
        try:
            model = str(json.loads(body)["model"])
        except (ValueError, KeyError, TypeError):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "name a model")
        return prices_pb2.GetPriceResponse(price_sats=SATOSHIS.get(model, max(SATOSHIS.values())))

server = grpc.server(futures.ThreadPoolExecutor(8))
prices_pb2_grpc.add_PricesServicer_to_server(Prices(), server)
port = server.add_insecure_port(sys.argv[1] if sys.argv[1:] else "127.0.0.1:10010")
server.start()
print(json.dumps({"port": port}), flush=True)
server.wait_for_termination()

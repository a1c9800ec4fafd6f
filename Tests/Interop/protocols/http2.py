"""HTTP/2 with the package h2, of either side, with the same streams as http1.py."""

import asyncio

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from h2.errors import ErrorCodes
from http1 import Broken

END = object()


class Stream:
    protocol = "HTTP/2"

    def __init__(self, connection, number):
        self.connection, self.number = connection, number
        self.fields = []
        self.trailers = {}
        self.heads = asyncio.Queue()
        self.parts = asyncio.Queue()
        self.is_reset = asyncio.Event()
        self.error = None
        self.unread = 0

    def field(self, name):
        return ", ".join(value for key, value in self.fields if key == name)

    def broken(self, error):
        self.error = error
        self.is_reset.set()
        self.parts.put_nowait(Broken)
        self.heads.put_nowait(Broken)

    async def read(self):
        part = await self.parts.get()
        if part is Broken:
            self.parts.put_nowait(Broken)
            raise Broken
        if part is END:
            self.parts.put_nowait(END)
            return None
        data, size = part
        if size and not self.is_reset.is_set():
            try:
                self.connection.h2.acknowledge_received_data(size, self.number)
                self.connection.flush()
            except h2.exceptions.ProtocolError:
                pass
        return data

    async def send(self, part):
        h2_connection = self.connection.h2
        while part:
            if self.is_reset.is_set():
                raise Broken
            try:
                room = min(
                    h2_connection.local_flow_control_window(self.number), h2_connection.max_outbound_frame_size
                )
                if room > 0:
                    h2_connection.send_data(self.number, part[:room])
                    part = part[room:]
                    self.connection.flush()
                    continue
            except h2.exceptions.ProtocolError as error:
                raise Broken from error
            await self.connection.changed()

    async def end(self, trailers=()):
        try:
            if trailers:
                self.connection.h2.send_headers(self.number, list(trailers), end_stream=True)
            else:
                self.connection.h2.end_stream(self.number)
        except h2.exceptions.ProtocolError as error:
            raise Broken from error
        self.connection.flush()

    async def gone(self):
        await self.is_reset.wait()

    def reset(self, code=ErrorCodes.CANCEL):
        self.connection.h2.reset_stream(self.number, code)
        self.connection.flush()

    async def respond(self, status, fields=(), length=None):
        self.send_head([(":status", str(status)), *fields], length)

    def send_head(self, fields, length, end=False):
        if length:
            fields = [*fields, ("content-length", str(length))]
        try:
            self.connection.h2.send_headers(self.number, fields, end_stream=end)
        except h2.exceptions.ProtocolError as error:
            raise Broken from error
        self.connection.flush()

    async def head(self):
        fields = await self.heads.get()
        if fields is Broken:
            raise Broken
        self.fields = fields
        return int(self.field(":status"))


class Connection(asyncio.Protocol):
    """One connection; `serve` answers the streams that the other side opens."""

    def __init__(self, serve=None, starts=True, connect_protocol=False):
        self.serve = serve
        self.starts = starts
        config = h2.config.H2Configuration(client_side=serve is None, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        if connect_protocol:
            self.h2.local_settings.enable_connect_protocol = 1
        self.streams = {}
        self.tasks = set()
        self.change = asyncio.Event()
        self.settings = asyncio.Event()
        self.before = b""
        self.goaway = None

    def connection_made(self, transport):
        self.transport = transport
        if self.starts:
            self.h2.initiate_connection()
            self.flush()

    def connection_lost(self, error):
        for stream in self.streams.values():
            stream.broken("connection")
        self.wake()

    def flush(self):
        if data := self.h2.data_to_send():
            self.transport.write(data)

    def wake(self):
        self.change.set()
        self.change = asyncio.Event()

    async def changed(self):
        """Returns when something has come, the window of a stream for example."""
        await self.change.wait()

    def data_received(self, data):
        if not self.starts:
            data = self.take_upgrade(data)
        if data:
            try:
                for event in self.h2.receive_data(data):
                    self.receive(event)
            except h2.exceptions.ProtocolError as error:
                self.goaway = f"{error}"
                self.flush()
                self.transport.close()
                return
        self.flush()
        self.wake()

    # The upgrade of HTTP/1.1 (RFC 7540 §3.2), as the client

    def upgrade(self, path):
        stream = self.streams[1] = Stream(self, 1)
        settings = self.h2.initiate_upgrade_connection()
        preface = self.h2.data_to_send()
        settings = settings if isinstance(settings, str) else settings.decode()
        self.preface = preface
        self.transport.write(
            f"GET {path} HTTP/1.1\r\nhost: gateway.test\r\nconnection: Upgrade, HTTP2-Settings\r\n"
            f"upgrade: h2c\r\nhttp2-settings: {settings}\r\n\r\n".encode()
        )
        return stream

    def take_upgrade(self, data):
        self.before += data
        head, separator, rest = self.before.partition(b"\r\n\r\n")
        if not separator:
            return b""
        if not head.startswith(b"HTTP/1.1 101 "):
            raise RuntimeError(f"not upgraded: {head}")
        self.starts = True
        self.transport.write(self.preface)
        return rest

    # Events

    def receive(self, event):
        number = getattr(event, "stream_id", None)
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self.settings.set()
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = f"{event.error_code}"
            self.connection_lost(None)
        elif isinstance(event, h2.events.RequestReceived):
            stream = self.streams[number] = Stream(self, number)
            stream.fields = list(event.headers)
            stream.method, stream.target = stream.field(":method"), stream.field(":path")
            task = asyncio.ensure_future(self.serve_stream(stream))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        elif (stream := self.streams.get(number)) is None:
            return
        elif isinstance(event, h2.events.ResponseReceived):
            stream.heads.put_nowait(list(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            stream.parts.put_nowait((event.data, event.flow_controlled_length))
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            stream.parts.put_nowait(END)
        elif isinstance(event, h2.events.StreamReset):
            stream.broken(ErrorCodes(event.error_code).name)

    async def serve_stream(self, stream):
        try:
            await self.serve(stream)
        except Broken:
            pass

    # As a client

    async def open(self, method, path, fields=(), length=None):
        number = self.h2.get_next_available_stream_id()
        stream = self.streams[number] = Stream(self, number)
        scheme = "https" if self.transport.get_extra_info("ssl_object") else "http"
        pseudo = [(":method", method), (":scheme", scheme), (":authority", "gateway.test"), (":path", path)]
        stream.send_head([*pseudo, *fields], length, end=length == 0)
        return stream

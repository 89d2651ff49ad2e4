"""The upstream of streams: `python sse.py PORT` answers any request with 20 events, 20 ms apart."""

import asyncio
import sys

EVENTS, APART_S = 20, 0.02
_EVENT = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"sample",'
    b'"choices":[{"index":0,"delta":{"content":" tower"},"finish_reason":null}]}\n\n'
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests until the connection ends."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            await reader.readexactly(length)
            writer.write(_HEAD)
            for index in range(EVENTS):
                await asyncio.sleep(APART_S if index else 0)
                _chunk(writer, _EVENT)
                await writer.drain()
            _chunk(writer, b"data: [DONE]\n\n")
            writer.write(b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _chunk(writer: asyncio.StreamWriter, octets: bytes) -> None:
    writer.write(b"%x\r\n%s\r\n" % (len(octets), octets))


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

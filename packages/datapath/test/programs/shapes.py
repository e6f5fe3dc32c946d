"""DNS over UDP in packets of a given shape, at both ends.

  shapes.py answer SHAPE ADDRESS       a name server: waits for all questions of a client, then answers them
  shapes.py ask SHAPE ADDRESS NAME...  asks for each name from one socket, prints the response codes in order as JSON;
                                       of segments the first that comes

How a packet lies in memory: "linear"; "pages": sent from a file, its payload is pages of it; "zerocopy": its payload
is the sender's own memory; "segments": all messages in one packet that is still to be cut (UDP_SEGMENT). A name
whose first label is N-ANYTHING has N addresses: 203.0.113.1 and so on, those of the second question behind them.
"""
import json
import os
import socket
import struct
import sys
import tempfile

SO_ZEROCOPY, MSG_ZEROCOPY, UDP_SEGMENT = 60, 0x4000000, 103


def send(shape, address, peer, messages):
    """One socket of its own, connected: a file can be sent by no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(address)
        s.connect(peer)
        transmit(s, shape, messages)


def transmit(s, shape, messages):
    if shape == 'segments':
        assert len({len(m) for m in messages}) == 1, 'segments have one size'
        size = struct.pack('H', len(messages[0]))
        s.sendmsg([b''.join(messages)], [(socket.SOL_UDP, UDP_SEGMENT, size)])
        return
    if shape == 'zerocopy':
        s.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    for message in messages:
        if shape == 'pages':
            with tempfile.TemporaryFile() as f:
                f.write(message)
                f.flush()
                assert os.sendfile(s.fileno(), f.fileno(), 0, len(message)) == len(message)
        elif shape == 'zerocopy':
            s.send(message, MSG_ZEROCOPY)
            s.setblocking(True)
        else:
            s.send(message)


def question(number, name):
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
    return struct.pack('>6H', number, 0x0100, 1, 0, 0, 0) + labels + b'\0\0\1\0\1'


def response(message, before):
    count = int(message[13:13 + message[12]].split(b'-')[0])
    records = b''.join(
        b'\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4' + bytes([203, 0, 113, count * before + i]) for i in range(1, count + 1)
    )
    return message[:2] + struct.pack('>5H', 0x8180, 1, count, 0, 0) + message[12:] + records


def answer(shape, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, 53))
        print('ready', flush=True)
        while True:
            message, peer = s.recvfrom(4096)
            messages = [message]
            # The ID says how many follow.
            while message[0] > 0:
                message, peer = s.recvfrom(4096)
                messages.append(message)
            send(shape, (address, 53), peer, [response(m, i) for i, m in enumerate(messages)])


def ask(shape, address, names):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.connect((address, 53))
        transmit(s, shape, [question((len(names) - 1 - i) << 8 | i, name) for i, name in enumerate(names)])
        codes = {}
        while len(codes) < (1 if shape == 'segments' else len(names)):
            message = s.recv(65535)
            codes[message[1]] = message[3] & 15
        print(json.dumps([codes[i] for i in sorted(codes)]))


if sys.argv[1] == 'answer':
    answer(sys.argv[2], sys.argv[3])
else:
    ask(sys.argv[2], sys.argv[3], sys.argv[4:])

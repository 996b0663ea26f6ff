"""Print the figures of a board whenever they change: python live.py http://127.0.0.1:8080. Ends with the stream."""

import json
import sys
import urllib.request

with urllib.request.urlopen(f"{sys.argv[1]}/v1/live?board=mash", timeout=30) as stream:
    for line in stream:
        if line.startswith(b'data: {"'):  # else it is a sign of life
            board = json.loads(line.removeprefix(b"data: "))
            print(board["as_of"], board["state"], json.dumps(board["figures"]), flush=True)

"""Hold the newest figure under each key, and print what changes: python figures.py 127.0.0.1:9092 figures"""

import json
import sys

from kafka import KafkaConsumer

newest = {}
server, topic = sys.argv[1:]
for record in KafkaConsumer(
    topic, bootstrap_servers=server, auto_offset_reset="earliest", isolation_level="read_committed"
):
    figure = newest[record.key] = record.value and json.loads(record.value)  # no value: it is withdrawn
    print(record.key.decode(), figure and figure["value"], flush=True)

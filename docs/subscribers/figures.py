"""Hold the newest figure under each key, and print what changes: python figures.py 127.0.0.1:9092 figures"""

import json
import sys

from kafka import KafkaConsumer

newest, (server, topic, *password_file) = {}, sys.argv[1:]
login = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_plain_username": "casepulse"}
let_in = {**login, "sasl_plain_password": open(password_file[0]).read().strip()} if password_file else {}  # noqa: SIM115
start = {"auto_offset_reset": "earliest", "isolation_level": "read_committed"}
for record in KafkaConsumer(topic, bootstrap_servers=server, **start, **let_in):
    figure = newest[record.key] = record.value and json.loads(record.value)  # no value: it is withdrawn
    print(record.key.decode(), figure and figure["value"], flush=True)

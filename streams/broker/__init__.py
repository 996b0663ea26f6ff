"""Kafka: how it is reached, the topics, and what is sent to them."""

"""A client of Kafka's, on Python's confluent-kafka.

  kafka_client.py BROKERS put TOPIC [key=KEY | header:NAME=VALUE | partition=P]...
      puts its standard input in, and waits until it is confirmed
  kafka_client.py BROKERS keys TOPIC KEY...
      puts a message in under each key, with the partitioner of Java's client
  kafka_client.py BROKERS read TOPIC COUNT
      reads the first COUNT messages of the topic, waiting for them, and prints each as lines
      "name: text" with an empty line after it
  kafka_client.py BROKERS committed GROUP TOPIC PARTITION
      prints the offset that the group has committed there
"""
import sys
import time

import confluent_kafka

PATIENCE = 30


def spelled(value):
    return value.decode("ascii", "backslashreplace").replace("\n", "\\n")


def fail(error, _):
    if error is not None:
        sys.exit(str(error))


def producer(brokers):
    return confluent_kafka.Producer({"bootstrap.servers": brokers, "acks": "all",
                                     "partitioner": "murmur2_random"})


def put(brokers, topic, *parts):
    options, headers = {}, []
    for part in parts:
        name, value = part.split("=", 1)
        if name.startswith("header:"):
            headers.append((name[len("header:"):], value.encode()))
        else:
            options[name] = int(value) if name == "partition" else value
    client = producer(brokers)
    client.produce(topic, value=sys.stdin.buffer.read(), headers=headers, on_delivery=fail,
                   **options)
    if client.flush(PATIENCE):
        sys.exit("not confirmed")


def keys(brokers, topic, *names):
    client = producer(brokers)
    for name in names:
        client.produce(topic, value=b"{}", key=name, on_delivery=fail)
    if client.flush(PATIENCE):
        sys.exit("not confirmed")


def show(message):
    print(f"partition: {message.partition()}")
    print(f"offset: {message.offset()}")
    print(f"key: {'(none)' if message.key() is None else message.key().decode()}")
    for name, value in message.headers() or []:
        print(f"header {name}: {value.decode()}")
    print(f"body: {spelled(message.value())}\n")


def read(brokers, topic, count):
    client = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "foreign",
                                       "enable.auto.commit": False})
    partitions = client.list_topics(topic, 10).topics[topic].partitions
    client.assign([confluent_kafka.TopicPartition(topic, partition,
                                                  confluent_kafka.OFFSET_BEGINNING)
                   for partition in partitions])
    deadline = time.monotonic() + PATIENCE
    taken = 0
    while taken < int(count):
        message = client.poll(1)
        if message is not None and message.error() is None:
            show(message)
            taken += 1
        elif time.monotonic() > deadline:
            sys.exit(f"{topic}: {taken} of {count} messages within {PATIENCE} s")
    client.close()


def committed(brokers, group, topic, partition):
    client = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": group})
    print(client.committed([confluent_kafka.TopicPartition(topic, int(partition))], 30)[0].offset)
    client.close()


sys.stdout.reconfigure(encoding="utf-8")
verbs = {"put": put, "keys": keys, "read": read, "committed": committed}
verbs[sys.argv[2]](sys.argv[1], *sys.argv[3:])

"""A client of RabbitMQ's, on Python's pika, which shares no code with ours.

  rabbitmq_client.py URL publish EXCHANGE ROUTING_KEY [property:NAME=VALUE | header:NAME=VALUE]...
      publishes its standard input, persistent, and waits until it was confirmed (and routed)
  rabbitmq_client.py URL take QUEUE COUNT
      takes COUNT messages from the queue, waiting for them, and prints each as lines "name: text"
      with an empty line after it
  rabbitmq_client.py URL count QUEUE
      prints how many messages wait there
  rabbitmq_client.py URL declare EXCHANGE QUEUE
      declares both as the contract says they are; fails where they are otherwise
"""
import sys
import time

import pika

PATIENCE = 30


def spelled(body):
    return body.decode("ascii", "backslashreplace").replace("\n", "\\n")


def publish(channel, exchange, routing_key, *parts):
    properties, headers = {"delivery_mode": 2}, {}
    for part in parts:
        name, value = part.split("=", 1)
        kind, name = name.split(":")
        (headers if kind == "header" else properties)[name] = value
    channel.confirm_delivery()
    channel.basic_publish(exchange, routing_key, sys.stdin.buffer.read(),
                          pika.BasicProperties(headers=headers or None, **properties),
                          mandatory=True)


def show(method, properties, body):
    print(f"exchange: {method.exchange}")
    print(f"routing_key: {method.routing_key}")
    for name, value in vars(properties).items():
        if name != "headers" and value is not None:
            print(f"property {name}: {value}")
    for name, value in (properties.headers or {}).items():
        if name == "x-delivery-count":  # the queue's own, and no part of what was published
            continue
        print(f"header {name}: {value if isinstance(value, str) else repr(value)}")
    print(f"body: {spelled(body)}\n")


def take(channel, queue, count):
    deadline = time.monotonic() + PATIENCE
    taken = 0
    while taken < int(count):
        method, properties, body = channel.basic_get(queue)
        if method is None:
            if time.monotonic() > deadline:
                sys.exit(f"{queue}: {taken} of {count} messages within {PATIENCE} s")
            time.sleep(0.05)
            continue
        show(method, properties, body)
        channel.basic_ack(method.delivery_tag)
        taken += 1


def count(channel, queue):
    print(channel.queue_declare(queue, passive=True).method.message_count)


def declare(channel, exchange, queue):
    channel.exchange_declare(exchange, exchange_type="topic", durable=True)
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})


def main():
    connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
    verbs = {"publish": publish, "take": take, "count": count, "declare": declare}
    verbs[sys.argv[2]](connection.channel(), *sys.argv[3:])
    connection.close()


main()

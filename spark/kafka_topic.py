"""A topic at its brokers: where its partitions begin and end, and a topic of dead letters beside it. Asked by Kafka's own client on the driver."""

from typing import NamedTuple

from py4j.protocol import Py4JJavaError

from lake_store import Refused


class Bounds(NamedTuple):
    """A partition's first offset that is still there, and the one that its next message will have."""

    first: int
    end: int


class Brokers:
    """`settings` are Kafka's own, such as bootstrap.servers. Close it."""

    def __init__(self, spark, settings):
        self._jvm = spark._jvm
        self.options = {f"kafka.{name}": value for name, value in settings.items()}
        properties = self._jvm.java.util.Properties()
        for name, value in settings.items():
            properties.setProperty(name, value)
        self._servers = settings["bootstrap.servers"]
        clients = self._jvm.org.apache.kafka.clients.admin
        self._admin = clients.AdminClient.create(properties)
        self._offsets = clients.OffsetSpec

    def read_bounds(self, topic):
        """The bounds of each partition. Raises Refused when there is no such topic."""
        described = self._ask(self._admin.describeTopics(self._list(topic)).allTopicNames(), f"there is no topic {topic}: make it, or correct its name")
        partitions = [each.partition() for each in described.get(topic).partitions()]
        first = self._list_offsets(topic, partitions, self._offsets.earliest())
        end = self._list_offsets(topic, partitions, self._offsets.latest())
        return {partition: Bounds(first[partition], end[partition]) for partition in sorted(partitions)}

    def ensure_topic(self, topic):
        """Makes it with one partition unless it is there."""
        if topic in self._ask(self._admin.listTopics().names()):
            return
        none = self._jvm.java.util.Optional.empty()
        new = self._jvm.org.apache.kafka.clients.admin.NewTopic(topic, self._jvm.java.util.Optional.of(1), none)
        self._ask(self._admin.createTopics(self._list(new)).all())

    def close(self):
        self._admin.close()

    def _list_offsets(self, topic, partitions, spec):
        places = {partition: self._jvm.org.apache.kafka.common.TopicPartition(topic, partition) for partition in partitions}
        asked = self._jvm.java.util.HashMap()
        for place in places.values():
            asked.put(place, spec)
        found = self._ask(self._admin.listOffsets(asked).all())
        return {partition: found.get(place).offset() for partition, place in places.items()}

    def _list(self, item):
        items = self._jvm.java.util.ArrayList()
        items.add(item)
        return items

    def _ask(self, future, if_unknown=None):
        try:
            return future.get()
        except Py4JJavaError as error:
            cause = error.java_exception.getCause()
            name = "" if cause is None else cause.getClass().getSimpleName()
            if name == "TopicExistsException":
                return None
            if name == "UnknownTopicOrPartitionException" and if_unknown is not None:
                raise Refused(if_unknown) from None
            said = str(error.java_exception) if cause is None else f"{name}: {cause.getMessage()}"
            raise Refused(f"the brokers {self._servers} do not answer as they should: {said}") from None

/// One partition of a topic.
package struct TopicPartition: Hashable, Sendable {
  package var topic: String
  package var partition: Int32

  package init(_ topic: String, _ partition: Int32) {
    self.topic = topic
    self.partition = partition
  }
}

/// What a cluster says of itself.
package struct KafkaOverview: Sendable {
  package struct Partition: Sendable, Equatable {
    package var id: Int32
    /// nil: nobody leads it, it takes and gives nothing.
    package var leader: Int32?
    package var replicas: Int
    package var inSync: Int

    package init(id: Int32, leader: Int32?, replicas: Int, inSync: Int) {
      self.id = id
      self.leader = leader
      self.replicas = replicas
      self.inSync = inSync
    }
  }

  package var brokers: Set<Int32> = []
  /// nil when the cluster names none.
  package var controller: Int32?
  package var topics: [String: Result<[Partition], KafkaError>] = [:]

  package init() {}
}

/// One record as it was read.
package struct KafkaRecord: Sendable {
  package var place: TopicPartition
  package var offset: Int64
  /// nil: none.
  package var key: [UInt8]?
  /// nil: a tombstone.
  package var value: [UInt8]?

  package init(place: TopicPartition, offset: Int64, key: [UInt8]?, value: [UInt8]?) {
    self.place = place
    self.offset = offset
    self.key = key
    self.value = value
  }
}

/// Where reading of a partition begins.
package enum KafkaStart: Hashable, Sendable {
  case beginning
  /// With the last so many records.
  case tail(Int64)
  case offset(Int64)
}

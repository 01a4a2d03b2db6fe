internal import CRDKafka
internal import Model
internal import TLSTransport

/// A librdkafka handle and what may be asked of it. Confined to the thread of its ``KafkaSession``: it must not leave
/// the body of a run. Every call blocks until it is answered or the run's time is up.
package final class KafkaConnection {
  private let handle: OpaquePointer
  private let events: OpaquePointer
  private let cluster: KafkaCluster
  private let password: String?
  private let trust = KafkaTrust()
  private let time: any TimeSource
  private var deadline = MonotonicInstant(nanoseconds: 0)
  /// Why brokers could not be reached, told since the last run that went well: a broker that is down is not tried in
  /// every run, and only a try brings an event.
  private var complaint: KafkaError?
  private var followed: Set<TopicPartition> = []
  private var atEnd: Set<TopicPartition> = []
  private var producer: KafkaProducer?

  init(_ cluster: KafkaCluster, _ time: any TimeSource) throws(KafkaError) {
    self.cluster = cluster
    self.time = time
    let opened = try KafkaHandle.open(
      cluster, RD_KAFKA_CONSUMER, trust,
      [
        "group.id": "farwatch", "enable.auto.commit": "false", "enable.auto.offset.store": "false",
        "enable.partition.eof": "true", "isolation.level": "read_uncommitted",
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": "100", "queued.max.messages.kbytes": "16384",
      ])
    handle = opened.handle
    password = opened.password
    events = rd_kafka_queue_get_main(handle)
  }

  deinit {
    producer = nil
    rd_kafka_queue_destroy(events)
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
  }

  func begin(until deadline: MonotonicInstant) {
    self.deadline = deadline
    drainEvents()
  }

  func guarded<Answer>(_ body: (KafkaConnection) throws(KafkaError) -> Answer) throws(KafkaError) -> Answer {
    do throws(KafkaError) {
      let answer = try body(self)
      complaint = nil
      return answer
    } catch {
      throw error.redacting(password)
    }
  }

  /// Milliseconds that are left; throws when none are.
  private func left() throws(KafkaError) -> Int32 {
    let left = (deadline - time.monotonic).milliseconds
    guard left > 0 else { throw failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer from \(cluster.name)") }
    return Int32(clamping: left)
  }

  /// Brokers, controller and the partitions of `topics`, asked one by one.
  package func overview(_ topics: [String]) throws(KafkaError) -> KafkaOverview {
    var found = KafkaOverview()
    if topics.isEmpty { try read(nil, into: &found) }
    for topic in topics { try read(topic, into: &found) }
    let controller = rd_kafka_controllerid(handle, try left())
    found.controller = controller >= 0 ? controller : nil
    return found
  }

  private func read(_ topic: String?, into found: inout KafkaOverview) throws(KafkaError) {
    var object: OpaquePointer?
    if let topic {
      object = rd_kafka_topic_new(handle, topic, nil)
      guard object != nil else { throw KafkaError(.configuration, "\"\(topic)\" is no name of a topic") }
    }
    defer { if let object { rd_kafka_topic_destroy(object) } }
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(handle, 0, object, &answer, try left())
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = answer?.pointee else {
      throw failure(code, "no answer from \(cluster.name)")
    }
    defer { rd_kafka_metadata_destroy(answer) }
    for index in 0..<Int(max(0, metadata.broker_cnt)) { found.brokers.insert(metadata.brokers[index].id) }
    guard topic != nil else { return }
    for index in 0..<Int(max(0, metadata.topic_cnt)) {
      let one = metadata.topics[index]
      let name = String(cString: one.topic)
      guard one.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        found.topics[name] = .failure(KafkaError(one.err, "topic \(name)"))
        continue
      }
      found.topics[name] = .success(
        (0..<Int(max(0, one.partition_cnt))).map { index in
          let partition = one.partitions[index]
          return .init(
            id: partition.id, leader: partition.leader >= 0 ? partition.leader : nil,
            replicas: Int(max(0, partition.replica_cnt)), inSync: Int(max(0, partition.isr_cnt)))
        })
    }
  }

  /// The offset that the next record of each partition will get; a partition that cannot be asked has its reason.
  package func ends(
    of places: some Collection<TopicPartition>
  ) throws(KafkaError) -> [TopicPartition: Result<Int64, KafkaError>] { try offsets(of: places, at: -1) }

  /// The offset of the first record that each partition still has.
  package func beginnings(
    of places: some Collection<TopicPartition>
  ) throws(KafkaError) -> [TopicPartition: Result<Int64, KafkaError>] { try offsets(of: places, at: -2) }

  /// - Parameter moment: −1 and −2 are the protocol's words for the end and the beginning.
  private func offsets(
    of places: some Collection<TopicPartition>, at moment: Int64
  ) throws(KafkaError) -> [TopicPartition: Result<Int64, KafkaError>] {
    guard !places.isEmpty else { return [:] }
    let list = Self.list(places) { _ in moment }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let code = rd_kafka_offsets_for_times(handle, list, try left())
    switch code {
    // Each partition then has a reason of its own.
    case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
      break
    default: throw failure(code, "no offsets from \(cluster.name)")
    }
    var found: [TopicPartition: Result<Int64, KafkaError>] = [:]
    for index in 0..<Int(max(0, list.pointee.cnt)) {
      let one = list.pointee.elems[index]
      let place = TopicPartition(String(cString: one.topic), one.partition)
      let error = one.err == RD_KAFKA_RESP_ERR_NO_ERROR ? code : one.err
      found[place] =
        error == RD_KAFKA_RESP_ERR_NO_ERROR && one.offset >= 0
        ? .success(one.offset)
        : .failure(KafkaError(error, "\(place.topic)[\(place.partition)]"))
    }
    return found
  }

  /// Where a consumer group is: by partition the offset that it will read next, of those of `places` that it has
  /// committed.
  package func committed(
    _ group: String, _ places: some Collection<TopicPartition>
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    guard !places.isEmpty else { return [:] }
    let wanted = Self.list(places) { _ in Int64(RD_KAFKA_OFFSET_INVALID) }
    defer { rd_kafka_topic_partition_list_destroy(wanted) }
    let options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
    defer { rd_kafka_AdminOptions_destroy(options) }
    var text = [CChar](repeating: 0, count: 256)
    rd_kafka_AdminOptions_set_request_timeout(options, try left(), &text, text.count)
    var request = rd_kafka_ListConsumerGroupOffsets_new(group, wanted)
    defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
    let answers = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(answers) }
    rd_kafka_ListConsumerGroupOffsets(handle, &request, 1, options, answers)
    guard let event = rd_kafka_queue_poll(answers, try left()) else {
      throw failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "no offsets of the group \(group)")
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, "no offsets of the group \(group)") }
    var count = 0
    let result = rd_kafka_event_ListConsumerGroupOffsets_result(event)
    guard let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count), count > 0,
      let first = groups[0]
    else { throw KafkaError(.protocolError, "no offsets of the group \(group)") }
    if let error = rd_kafka_group_result_error(first) {
      throw KafkaError(rd_kafka_error_code(error), "the group \(group)")
    }
    var found: [TopicPartition: Int64] = [:]
    guard let list = rd_kafka_group_result_partitions(first)?.pointee else { return [:] }
    for index in 0..<Int(max(0, list.cnt)) {
      let one = list.elems[index]
      // −1: the group has no offset there.
      guard one.err == RD_KAFKA_RESP_ERR_NO_ERROR, one.offset >= 0 else { continue }
      found[TopicPartition(String(cString: one.topic), one.partition)] = one.offset
    }
    return found
  }

  /// Reads these partitions from where it is told, in this and in later runs; what was read before goes on when the
  /// partitions are the same.
  package func follow(_ starts: [TopicPartition: KafkaStart]) throws(KafkaError) {
    guard Set(starts.keys) != followed else { return }
    let list = Self.list(starts.keys) { place in
      switch starts[place] {
      case .tail(let count): fw_kafka_offset_tail(count)
      case .offset(let offset): offset
      default: Int64(RD_KAFKA_OFFSET_BEGINNING)
      }
    }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let code = rd_kafka_assign(handle, list)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, "cannot read from \(cluster.name)") }
    followed = Set(starts.keys)
    atEnd = []
  }

  /// Hands on what has come of the followed partitions, until each was read to its end and then `pause` brought
  /// nothing more, at most for `limit`.
  ///
  /// - Returns: whether each was read to its end, now or before.
  package func records(
    pause: Duration, limit: Duration, _ take: (KafkaRecord) -> Void
  ) throws(KafkaError) -> Bool {
    let end = min(deadline, time.monotonic + limit)
    while true {
      let rest = end - time.monotonic
      guard rest > .zero else { break }
      let isWhole = atEnd == followed
      let wait = isWhole ? min(pause, rest) : rest
      guard let message = rd_kafka_consumer_poll(handle, max(1, Int32(clamping: wait.milliseconds))) else {
        if isWhole { break }
        continue
      }
      defer { rd_kafka_message_destroy(message) }
      let one = message.pointee
      guard let topic = one.rkt else {
        note(one.err, one.payload.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? "")
        continue
      }
      let place = TopicPartition(String(cString: rd_kafka_topic_name(topic)), one.partition)
      guard followed.contains(place) else { continue }
      switch one.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        atEnd.remove(place)
        take(
          KafkaRecord(
            place: place, offset: one.offset, key: Self.bytes(one.key, one.key_len),
            value: Self.bytes(one.payload, one.len)))
      case RD_KAFKA_RESP_ERR__PARTITION_EOF: atEnd.insert(place)
      default:
        // Whoever may not read it must be told; all else librdkafka tries again.
        let error = KafkaError(one.err, "\(place.topic)[\(place.partition)]")
        guard error.reason != .permission, error.reason != .missing else {
          followed = []
          throw error
        }
      }
    }
    return atEnd == followed
  }

  /// Those of `starts` that hold no record from the offset given on. Markers of transactions take an offset and are no
  /// records. Ends whatever was followed.
  package func empty(
    _ starts: [TopicPartition: Int64], limit: Duration
  ) throws(KafkaError) -> Set<TopicPartition> {
    guard !starts.isEmpty else { return [] }
    followed = []
    try follow(starts.mapValues { .offset($0) })
    var hasRecords: Set<TopicPartition> = []
    defer {
      rd_kafka_assign(handle, nil)
      followed = []
    }
    _ = try records(pause: .zero, limit: limit) { hasRecords.insert($0.place) }
    return atEnd.subtracting(hasRecords)
  }

  /// Writes one record and waits until the brokers confirm it.
  package func produce(_ topic: String, key: String, value: String) throws(KafkaError) {
    let open: KafkaProducer
    if let producer { open = producer } else { open = try KafkaProducer(cluster) }
    producer = open
    try open.produce(topic, key: key, value: value, milliseconds: try left())
  }

  // MARK: librdkafka

  private static func list(
    _ places: some Collection<TopicPartition>, _ offset: (TopicPartition) -> Int64
  ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
    let list = rd_kafka_topic_partition_list_new(Int32(clamping: places.count))
    // librdkafka ends the program when it has no memory: there is always a list, and an element.
    guard let list else { preconditionFailure("no list of partitions") }
    for place in places {
      let element = rd_kafka_topic_partition_list_add(list, place.topic, place.partition)
      element?.pointee.offset = offset(place)
    }
    return list
  }

  private static func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
    start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
  }

  private func drainEvents() {
    while let event = rd_kafka_queue_poll(events, 0) {
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
        note(
          rd_kafka_event_error(event), rd_kafka_event_error_string(event).map { String(cString: $0) } ?? "")
      }
      rd_kafka_event_destroy(event)
    }
  }

  /// "All brokers are down" says nothing that the event before it did not say better.
  private func note(_ code: rd_kafka_resp_err_t, _ text: String) {
    guard code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN else { return }
    complaint = trust.explaining(KafkaError(event: code, text))
  }

  private func failure(_ code: rd_kafka_resp_err_t, _ what: String) -> KafkaError {
    drainEvents()
    let isNetwork = [
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
    ].contains(code)
    guard isNetwork else { return KafkaError(code, what) }
    if let complaint { return complaint }
    // librdkafka calls it a broken transport that it found no broker to ask. Where none has refused or closed a
    // connection, and all the time went by, they were silent.
    let isSpent = deadline - time.monotonic < .milliseconds(50)
    return isSpent ? KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, what) : KafkaError(code, what)
  }
}

internal import HTTPServer
internal import Journal
internal import Model
internal import StatusPage
internal import Synchronization
internal import Threading

/// What followers of `/api/events/stream` are told from.
protocol EventStreamSource: Sendable {
  /// The state now, and the entries behind `after`, oldest first, at most ``EventStreams/Limits/resumeEntries``; nil when
  /// the core did not answer in time.
  func look(after: Int) -> EventStreams.Look?
  /// Waits until what was looked at is durable, or nobody should wait any longer: after a power cut, a number must not
  /// mean another entry than the one that a follower has seen.
  func waitUntilDurable()
}

/// Everybody who follows `/api/events/stream`: one thread looks once for all of them, and none runs while nobody does.
///
/// Each follower is sent the journal's new entries (`event: journal`, the id is the entry's number) and, at most once a
/// second and only when more than time and newer measurements have come, that the status is another (`event: status`).
final class EventStreams: Sendable {
  struct Limits: Sendable {
    var streams = 100
    /// What of the journal is sent at once, of the past or in a storm; what is beyond becomes a gap.
    var resumeEntries = 2000
    var resumeBytes = 512 << 10
    /// Unread bytes of one follower, beyond which he is cut: well above what is sent at once.
    var streamBytes = 1 << 20
    /// Between two looks.
    var pause: Duration = .seconds(1)
    /// Between two looks when somebody new waits.
    var welcome: Duration = .milliseconds(200)
    var heartbeat: Duration = .seconds(15)
  }

  struct Look: Sendable {
    var entries: [JournalRecord]
    /// The newest entry's number.
    var head: Int
    var status: StatusSnapshot
  }

  struct Statistics: Sendable {
    var open = 0
    var cut: UInt64 = 0
    var refused: UInt64 = 0
    var journalEvents: UInt64 = 0
    var statusEvents: UInt64 = 0
  }

  private struct Follower: Sendable {
    let stream: ResponseStream
    /// nil: only what comes.
    let after: Int?
    /// Has been sent the past that he asked for.
    var isCurrent = false
  }

  private struct State {
    var source: (any EventStreamSource)?
    var followers: [Int: Follower] = [:]
    var serial = 0
    var statistics = Statistics()
    var isStopping = false
    var thread: OwnThread?
  }

  private let limits: Limits
  private let time: any TimeSource
  private let state = Mutex(State())
  private let bell = Bell()

  init(limits: Limits = Limits(), time: any TimeSource = SystemTime()) {
    self.limits = limits
    self.time = time
  }

  /// From here on it can be followed.
  func start(_ source: any EventStreamSource) { state.withLock { $0.source = source } }

  /// Ends every stream, and the thread.
  func stop() {
    let (thread, followers) = state.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return (state.thread, Array(state.followers.values))
    }
    for follower in followers { follower.stream.finish() }
    bell.ring()
    thread?.join()
  }

  var statistics: Statistics {
    state.withLock { state in
      var statistics = state.statistics
      statistics.open = state.followers.count
      return statistics
    }
  }

  /// A stream of everything behind the entry `after`, or from now on; nil when there are too many, or when it stops.
  func open(after: Int?) -> ResponseStream? {
    let opened = state.withLock { state -> ResponseStream? in
      guard let source = state.source, !state.isStopping, state.followers.count < limits.streams else {
        state.statistics.refused += 1
        return nil
      }
      if state.thread == nil {
        state.thread = try? OwnThread.start("event-streams") { [self] in run(source) }
        if state.thread == nil { return nil }
      }
      state.serial += 1
      let serial = state.serial
      let stream = ResponseStream(limitBytes: limits.streamBytes) { [weak self] in
        self?.state.withLock { $0.followers[serial] = nil }
      }
      stream.write(Array("retry: 2000\n\n".utf8))
      state.followers[serial] = Follower(stream: stream, after: after)
      return stream
    }
    if opened != nil { bell.ring() }
    return opened
  }

  // MARK: The thread

  /// What was sent to all who are current. The thread's own.
  private struct Place {
    /// The newest entry that was sent; nil: nothing was looked at.
    var sent: Int?
    var fingerprint: UInt64?
    var pause: Duration
    var lastLook: MonotonicInstant
    var lastHeartbeat: MonotonicInstant
  }

  private func run(_ source: any EventStreamSource) {
    let start = time.monotonic
    var place = Place(pause: limits.pause, lastLook: start - limits.pause, lastHeartbeat: start)
    while true {
      let (isStopping, isFollowed, hasNewcomers) = state.withLock { state in
        (state.isStopping, !state.followers.isEmpty, state.followers.values.contains { !$0.isCurrent })
      }
      if isStopping { return }
      // What happened while nobody followed is nobody's news.
      if !isFollowed { place.sent = nil }
      let due = place.lastLook + (hasNewcomers ? min(limits.welcome, place.pause) : place.pause)
      let left = isFollowed ? due - time.monotonic : .seconds(60)
      if left > .zero {
        _ = bell.wait(upTo: left)
        continue
      }
      tell(source, &place)
    }
  }

  private func tell(_ source: any EventStreamSource, _ place: inout Place) {
    let began = time.monotonic
    defer {
      // A large installation is not asked all the time.
      place.pause = max(limits.pause, (time.monotonic - began) * 10)
      place.lastLook = time.monotonic
    }
    if began - place.lastHeartbeat >= limits.heartbeat {
      place.lastHeartbeat = began
      send(Array(":\n\n".utf8), { $0.isCurrent })
    }
    let newcomers = state.withLock { $0.followers.filter { !$0.value.isCurrent } }
    let from = newcomers.values.compactMap(\.after).min()
    guard let look = source.look(after: min(place.sent ?? .max, from ?? .max)) else { return }
    let known = place.sent ?? look.head
    if look.head > known || from.map({ $0 < look.head }) ?? false { source.waitUntilDurable() }
    let (news, newsCount) = look.head == known ? ([], 0) : EventStreamText.past(look, after: known, limits)
    if !news.isEmpty {
      let count = send(news, { $0.isCurrent })
      state.withLock { $0.statistics.journalEvents += UInt64(count * newsCount) }
    }
    place.sent = look.head
    let fingerprint = StatusJSON(snapshot: look.status).newsFingerprint
    let status = EventStreamText.status(at: look.status.takenAt, head: look.head)
    if fingerprint != place.fingerprint {
      let count = send(status, { $0.isCurrent })
      state.withLock { $0.statistics.statusEvents += UInt64(count) }
    }
    place.fingerprint = fingerprint
    for (serial, newcomer) in newcomers {
      let (past, count) = EventStreamText.past(look, after: newcomer.after, limits)
      state.withLock { state in
        state.followers[serial]?.isCurrent = true
        state.statistics.journalEvents += UInt64(count)
        state.statistics.statusEvents += 1
      }
      write(past + status, to: serial, newcomer.stream)
    }
  }

  /// To all who are meant; how many took it.
  @discardableResult
  private func send(_ bytes: [UInt8], _ isMeant: (Follower) -> Bool) -> Int {
    let meant = state.withLock { $0.followers.filter { isMeant($0.value) } }
    return meant.count { write(bytes, to: $0.key, $0.value.stream) }
  }

  /// Who reads too slowly is cut, and forgotten at once: his connection may take long to end.
  @discardableResult
  private func write(_ bytes: [UInt8], to serial: Int, _ stream: ResponseStream) -> Bool {
    if stream.write(bytes) { return true }
    let wasTooSlow = stream.wasTooSlow
    state.withLock { state in
      // The server may have been quicker to forget him.
      state.followers[serial] = nil
      if wasTooSlow { state.statistics.cut += 1 }
    }
    return false
  }
}

/// Frames of an event stream.
enum EventStreamText {
  /// An entry as `/api/events` has it.
  static func entry(_ record: JournalRecord) -> [UInt8] {
    frame("journal", id: record.sequence, EventsText.json(record))
  }

  /// Carries the journal's newest number, too: who is cut before the first entry goes on from there.
  static func status(at time: Timestamp, head: Int) -> [UInt8] {
    let data = OrderedJSON.object([
      .init("takenAt", .string(time.iso8601)), .init("journal", .integer(head)),
    ])
    return frame("status", id: head, data.compact)
  }

  /// Entries behind `after`, the newest if they are too many, and how many they are.
  ///
  /// What is left out is said first, with `event: gap` and its first and last number: `/api/events` has it. Where the
  /// journal has begun anew, so that `after` is not reached yet, the gap has no numbers.
  static func past(_ look: EventStreams.Look, after: Int?, _ limits: EventStreams.Limits) -> ([UInt8], Int) {
    guard let after else { return ([], 0) }
    guard after <= look.head else {
      return (frame("gap", id: look.head, #"{"first":null,"last":null}"#), 0)
    }
    var frames: [[UInt8]] = []
    var bytes = 0
    var first = look.head + 1
    for record in look.entries.reversed() where record.sequence > after && record.sequence < first {
      let frame = entry(record)
      bytes += frame.count
      if bytes > limits.resumeBytes || frames.count == limits.resumeEntries { break }
      frames.append(frame)
      first = record.sequence
    }
    var out: [UInt8] = []
    if first > after + 1 {
      out += frame("gap", id: after, "{\"first\":\(after + 1),\"last\":\(first - 1)}")
    }
    return (out + frames.reversed().flatMap { $0 }, frames.count)
  }

  /// - Parameter data: one line, as compact JSON is.
  private static func frame(_ event: String, id: Int, _ data: String) -> [UInt8] {
    Array("event: \(event)\nid: \(id)\ndata: \(data)\n\n".utf8)
  }
}

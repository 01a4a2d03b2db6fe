package import Model

/// All silences: what operators set, change and expire, with the meaning that Alertmanager gives to it.
///
/// A value; the caller makes ``Written/changes`` durable in the table `silences` (key: the id, value: versioned JSON)
/// before it answers who asked.
package struct SilenceBook: Sendable {
  /// What setting or expiring a silence did.
  package struct Written: Sendable {
    /// Of the silence that holds now.
    package var id: String
    package var changes: [StateChange]
    package var journal: [JournalEntry]
  }

  package let limits: SilenceLimits
  /// Grows with each change that may change what ``silencing(_:at:)`` says, other than by time alone.
  package private(set) var version = 0

  private var silences: [String: Silence] = [:]
  private var index = SilenceIndex()
  /// When silences start and end, sorted, as often as silences do.
  private var moments: [Timestamp] = []
  private var random: any RandomNumberGenerator & Sendable

  /// A book with the silences of `rows`. A row that cannot be read is named in ``problems`` and left alone: it
  /// silences nothing, for a page too many does less harm than one that is missing.
  package init(
    restoring rows: [(key: String, value: [UInt8])] = [], limits: SilenceLimits = .init(),
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.limits = limits
    self.random = random
    for (key, value) in rows {
      switch SilenceRow.read(value, id: key) {
      case .success(let silence): put(silence)
      case .failure(let problem): problems.append("silence \(key) \(problem)")
      }
    }
  }

  /// What was wrong with the rows it was made from.
  package private(set) var problems: [String] = []

  package var count: Int { silences.count }
  package subscript(id: String) -> Silence? { silences[id] }

  /// In the order of their ends, then of their ids.
  package var all: [Silence] {
    silences.values.sorted { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) }
  }

  /// Silences by state.
  package func counts(at now: Timestamp) -> [Silence.State: Int] {
    silences.values.reduce(into: [.pending: 0, .active: 0, .expired: 0]) {
      $0[$1.state(at: now), default: 0] += 1
    }
  }

  /// Ids, sorted, of the silences that take `labels` at this moment.
  package func silencing(_ labels: Labels, at now: Timestamp) -> [String] {
    var found: [String] = []
    index.forEachCandidate(for: labels) { id in
      if let silence = silences[id], silence.state(at: now) == .active,
        silence.matchers.allSatisfy({ $0.matches(labels) })
      {
        found.append(id)
      }
    }
    return found.count < 2 ? found : found.sorted(by: byteOrder)
  }

  /// The first moment behind `now` at which a silence starts or ends; nil: there is none.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    let place = moments.partitioningIndex { $0 > now }
    return place < moments.count ? moments[place] : nil
  }

  /// Creates a silence, or changes the one that the draft names.
  ///
  /// A start in the past becomes now. A pending silence takes a new start, and an active one a new end, comment and
  /// author in place; any other change expires the old one and makes one with a new id, so that what was silenced
  /// when stays true. Needs a matcher that is negative or does not take the empty string. Author and comment may be empty.
  package mutating func set(_ draft: SilenceDraft, now: Timestamp) throws(SilenceProblem) -> Written {
    let old = silences[draft.id]
    let oldState = old?.state(at: now)
    let start = draft.startsAt ?? (oldState == .expired ? nil : old?.startsAt) ?? now
    try Self.check(draft, start: start, now: now)
    if old == nil, !draft.id.isEmpty { throw .notFound(id: draft.id) }

    if let old, let kept = Self.start(changing: old, to: draft, start, now) {
      let silence = Self.silence(old.id, draft, startsAt: kept, now)
      let changes = [try change(silence)]
      put(silence)
      return Written(id: old.id, changes: changes, journal: [Self.entry(.silenceUpdated, silence, now)])
    }
    guard silences.count < limits.count else {
      throw .limit("there are \(silences.count) silences already, no more than \(limits.count) are kept")
    }
    let silence = Self.silence(newID(), draft, startsAt: max(start, now), now)
    var changes = [try change(silence)]
    var journal: [JournalEntry] = []
    if let old, oldState != .expired {
      let expired = try expire(id: old.id, by: draft.createdBy, now: now)
      changes = expired.changes + changes
      journal = expired.journal
    }
    put(silence)
    journal.append(Self.entry(.silenceCreated, silence, now, old.map { ["replaces": $0.id] } ?? [:]))
    return Written(id: silence.id, changes: changes, journal: journal)
  }

  /// Ends a silence at once. One that is over stays as it is.
  package mutating func expire(
    id: String, by who: String = "", now: Timestamp
  ) throws(SilenceProblem) -> Written {
    guard var silence = silences[id] else { throw .notFound(id: id) }
    let state = silence.state(at: now)
    if state == .expired { return Written(id: id, changes: [], journal: []) }
    if state == .pending { silence.startsAt = now }
    silence.endsAt = now
    silence.updatedAt = now
    let changes = [try change(silence, isLimited: false)]
    put(silence)
    let by = who.isEmpty ? [:] : ["expired_by": who]
    return Written(id: id, changes: changes, journal: [Self.entry(.silenceExpired, silence, now, by)])
  }

  /// Forgets what expired longer ago than the retention.
  package mutating func collect(now: Timestamp) -> [StateChange] {
    let old = silences.values.filter { $0.endsAt + limits.retention <= now && $0.state(at: now) == .expired }
    return old.sorted { byteOrder($0.id, $1.id) }.map { silence in
      take(silence.id)
      return StateChange(.silences, silence.id, nil)
    }
  }
}

extension SilenceBook {
  private static func check(
    _ draft: SilenceDraft, start: Timestamp, now: Timestamp
  ) throws(SilenceProblem) {
    if draft.matchers.isEmpty { throw .invalid("at least one matcher is needed") }
    if let nameless = draft.matchers.first(where: { $0.name.isEmpty }) {
      throw .invalid("the matcher \(nameless) has no label name")
    }
    if LabelMatcher.takeEverything(draft.matchers) {
      throw .invalid("at least one matcher must not match the empty string, or every alert would be silenced")
    }
    if draft.endsAt <= start { throw .invalid("the end must be after the start") }
    if draft.endsAt <= now { throw .invalid("the end must be in the future") }
  }

  /// The start with which `old` can become `draft` in place; nil when that would change what was.
  private static func start(
    changing old: Silence, to draft: SilenceDraft, _ start: Timestamp, _ now: Timestamp
  ) -> Timestamp? {
    let inOrder = { (matchers: [LabelMatcher]) in matchers.sorted { byteOrder("\($0)", "\($1)") } }
    guard inOrder(old.matchers) == inOrder(draft.matchers) else { return nil }
    switch old.state(at: now) {
    case .expired: return nil
    case .pending: return start < now ? nil : start
    case .active:
      // Whole seconds: clients send back what they were shown.
      return start.milliseconds / 1000 == old.startsAt.milliseconds / 1000 ? old.startsAt : nil
    }
  }

  private static func silence(
    _ id: String, _ draft: SilenceDraft, startsAt: Timestamp, _ now: Timestamp
  ) -> Silence {
    Silence(
      id: id, matchers: draft.matchers, startsAt: startsAt, endsAt: draft.endsAt, updatedAt: now,
      createdBy: draft.createdBy, comment: draft.comment, annotations: draft.annotations)
  }

  private static func entry(
    _ kind: JournalEntry.Kind, _ silence: Silence, _ now: Timestamp, _ more: [String: String] = [:]
  ) -> JournalEntry {
    var detail = [
      "silence": silence.id, "by": silence.createdBy, "comment": silence.comment,
      "matchers": silence.matchers.map(\.description).joined(separator: ","),
      "starts_at": silence.startsAt.iso8601, "ends_at": silence.endsAt.iso8601,
    ]
    detail.merge(more) { $1 }
    return JournalEntry(at: now, kind: kind, detail: detail)
  }

  private func change(_ silence: Silence, isLimited: Bool = true) throws(SilenceProblem) -> StateChange {
    guard let bytes = SilenceRow(silence).bytes else { throw .invalid("the silence cannot be stored") }
    if isLimited, bytes.count > limits.bytes {
      throw .limit("the silence has \(bytes.count) bytes, no more than \(limits.bytes) are kept")
    }
    return StateChange(.silences, silence.id, bytes)
  }

  private mutating func put(_ silence: Silence) {
    take(silence.id)
    silences[silence.id] = silence
    index.add(silence)
    for moment in [silence.startsAt, silence.endsAt] {
      moments.insert(moment, at: moments.partitioningIndex { $0 > moment })
    }
    version &+= 1
  }

  private mutating func take(_ id: String) {
    guard let silence = silences.removeValue(forKey: id) else { return }
    index.remove(id)
    for moment in [silence.startsAt, silence.endsAt] {
      let place = moments.partitioningIndex { $0 >= moment }
      if place < moments.count { moments.remove(at: place) }
    }
  }

  /// A random UUID (version 4).
  private mutating func newID() -> String {
    var (high, low) = (random.next(), random.next())
    high = high & ~0xf000 | 0x4000
    low = low & ~(0b11 << 62) | 0b10 << 62
    let digits = [high, low].map { half in
      let text = String(half, radix: 16)
      return String(repeating: "0", count: 16 - text.utf8.count) + text
    }.joined()
    var out = ""
    for (place, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(place) { out += "-" }
      out.append(digit)
    }
    return out
  }
}

extension Array {
  /// The first place whose element `belongsBehind`; the elements are sorted so that those that do come last.
  func partitioningIndex(where belongsBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if belongsBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

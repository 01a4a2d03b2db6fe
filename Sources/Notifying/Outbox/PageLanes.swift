internal import Model

/// The pages of one subscription that wait or are on their way: where each stands, and which is the oldest of its sort.
///
/// Invariants:
/// - A lane holds one thread's pages, oldest first; no lane is empty.
/// - Every page has a place in one of two lines, in order of acceptance: those that fire, and those that only tell of
///   ends. Of those that fire and that no fallback was told of there is a third line, where there is a fallback.
/// - Places outlive their pages: who looks for the first passes over them, and ``forgetGone()`` drops them at the front.
/// - Nothing here takes time in proportion to all pages, but what its description says so of.
struct PageLanes {
  private var lanes: [String: [OutboxEntry]] = [:]
  private var alarms = ArrivalLine(isOfAlarms: true)
  private var ends = ArrivalLine(isOfAlarms: false)
  private var untold = ArrivalLine(isOfAlarms: true)
  /// Whether the line of those that no fallback was told of is kept.
  private(set) var hasFallback: Bool
  /// Pages in all lanes.
  private(set) var count = 0
  /// Of their encoded rows.
  private(set) var bytes = 0

  init(hasFallback: Bool = false) { self.hasFallback = hasFallback }

  // MARK: Looking

  var laneCount: Int { lanes.count }
  /// Takes time in proportion to the lanes.
  var threads: [String] { lanes.keys.sorted() }

  func lane(_ thread: String) -> [OutboxEntry] { lanes[thread] ?? [] }
  func head(of thread: String) -> OutboxEntry? { lanes[thread]?.first }

  /// In order of acceptance; takes time in proportion to all pages.
  var rows: [OutboxRow] { lanes.values.joined().map(\.row).sorted { $0.sequence < $1.sequence } }

  /// Identities of the alerts that all pages tell of; takes time in proportion to them.
  var alertsAtHand: Set<String> {
    Set(lanes.values.joined().lazy.flatMap(\.row.notification.alerts).map(\.identity))
  }

  /// Threads whose first page waits for its next attempt, the oldest page first; takes time in proportion to the lanes.
  var asleep: [String] {
    lanes.compactMap { thread, lane -> (String, UInt64)? in
      guard let head = lane.first, case .waitingRetry = head.state else { return nil }
      return (thread, head.row.sequence)
    }.sorted { $0.1 < $1.1 }.map(\.0)
  }

  /// Of the oldest page that waits or is on its way.
  var oldestAcceptedAt: Timestamp? {
    [alarms, ends].compactMap { line in line.first { entry($0, in: line) != nil } }
      .compactMap { entry($0, in: nil)?.row.acceptedAt }.min()
  }

  /// Of the oldest that tells of something that fires.
  var oldestAlarmAcceptedAt: Timestamp? {
    alarms.first { entry($0, in: alarms) != nil }.flatMap { entry($0, in: nil)?.row.acceptedAt }
  }

  /// The oldest page that only tells of ends, then the oldest that fires, of those that may go; one that is on its way
  /// may not.
  mutating func leastMissed(sparing isSpared: (ArrivalLine.Place) -> Bool) -> ArrivalLine.Place? {
    func mayGo(_ place: ArrivalLine.Place, _ line: ArrivalLine) -> Bool {
      entry(place, in: line).map { !$0.isInFlight && !isSpared(place) } ?? false
    }
    forgetGone()
    return ends.first { mayGo($0, ends) } ?? alarms.first { mayGo($0, alarms) }
  }

  // MARK: Changing

  /// Puts `entry` last in its thread's lane.
  mutating func append(_ entry: OutboxEntry) {
    lanes[entry.row.notification.thread, default: []].append(entry)
    count += 1
    bytes += entry.bytes
    lineUp(entry.row)
  }

  /// nil when the thread has no page.
  @discardableResult
  mutating func changeHead<Answer>(of thread: String, _ change: (inout OutboxEntry) -> Answer) -> Answer? {
    guard lanes[thread]?.isEmpty == false else { return nil }
    return change(&lanes[thread, default: []][0])
  }

  mutating func commitEnded(_ ticket: CommitTicket, thread: String) {
    guard var lane = lanes[thread] else { return }
    for place in lane.indices { _ = lane[place].commitEnded(ticket) }
    lanes[thread] = lane
  }

  /// Another text for the newest page of its thread.
  mutating func rewriteNewest(as row: OutboxRow, bytes size: Int) {
    let thread = row.notification.thread
    guard let newest = lanes[thread]?.last, let place = lanes[thread]?.indices.last else { return }
    bytes += size - newest.bytes
    lanes[thread]?[place].rewrite(row, bytes: size)
    if row.isAlarm != newest.row.isAlarm { lineUp(row) }
  }

  /// Removes what matches but a page that is on its way.
  mutating func remove(from thread: String, where matches: (OutboxEntry) -> Bool) -> [OutboxRow] {
    guard let lane = lanes[thread] else { return [] }
    let gone = lane.filter { matches($0) && !$0.isInFlight }
    guard !gone.isEmpty else { return [] }
    let sequences = Set(gone.map(\.row.sequence))
    let kept = lane.filter { !sequences.contains($0.row.sequence) }
    lanes[thread] = kept.isEmpty ? nil : kept
    count -= gone.count
    bytes -= gone.reduce(0) { $0 + $1.bytes }
    return gone.map(\.row)
  }

  mutating func removeHead(of thread: String) -> OutboxEntry? {
    guard var lane = lanes[thread], !lane.isEmpty else { return nil }
    let head = lane.removeFirst()
    lanes[thread] = lane.isEmpty ? nil : lane
    count -= 1
    bytes -= head.bytes
    return head
  }

  // MARK: Fallback

  /// Keeps in mind, from now on, which pages no fallback was told of.
  mutating func watchForFallback(_ isWatched: Bool) {
    guard hasFallback != isWatched else { return }
    hasFallback = isWatched
    untold = ArrivalLine(isOfAlarms: true)
    guard isWatched else { return }
    for row in lanes.values.joined().map(\.row) where row.isAlarm && row.toldFallback != true {
      untold.insert(.init(thread: row.notification.thread, sequence: row.sequence))
    }
  }

  /// When the oldest page was accepted that fires and that no fallback was told of; nil: there is none.
  var oldestUntold: MonotonicInstant? {
    untold.first(where: isUntold).flatMap { entry($0, in: nil)?.since }
  }

  /// The oldest page accepted until `limit` that fires and that no fallback was told of, marked as told, and the pages
  /// of its thread behind it that tell of its end, or who took it on: those before the next that fires, whose own end
  /// comes with it.
  mutating func takeUntold(acceptedUntil limit: MonotonicInstant) -> (row: OutboxRow, ends: [OutboxRow])? {
    forgetGone()
    guard let place = untold.first(where: { _ in true }), let found = entry(place, in: untold),
      found.since <= limit,
      let index = lanes[place.thread]?.firstIndex(where: { $0.row.sequence == place.sequence })
    else { return nil }
    untold.removeFirst()
    lanes[place.thread]?[index].noteToldFallback()
    let behind = lanes[place.thread]?[(index + 1)...].map(\.row) ?? []
    var row = found.row
    row.toldFallback = true
    return (row, Array(behind.prefix { !$0.isAlarm }))
  }

  /// The pages of `thread` that fire and that no fallback was told of, marked as told; the oldest first.
  mutating func takeUntold(ofThread thread: String) -> [OutboxRow] {
    guard hasFallback, var lane = lanes[thread] else { return [] }
    var rows: [OutboxRow] = []
    for place in lane.indices where lane[place].row.isAlarm && lane[place].row.toldFallback != true {
      lane[place].noteToldFallback()
      rows.append(lane[place].row)
    }
    lanes[thread] = lane
    return rows
  }

  private func isUntold(_ place: ArrivalLine.Place) -> Bool {
    entry(place, in: untold).map { $0.row.toldFallback != true } ?? false
  }

  // MARK: The lines

  /// Drops places at the front whose pages are gone or told, so that looking for the first is cheap.
  mutating func forgetGone() {
    while let first = untold.first(where: { _ in true }), !isUntold(first) { untold.removeFirst() }
    while let first = alarms.first(where: { _ in true }), entry(first, in: alarms) == nil {
      alarms.removeFirst()
    }
    while let first = ends.first(where: { _ in true }), entry(first, in: ends) == nil { ends.removeFirst() }
  }

  private mutating func lineUp(_ row: OutboxRow) {
    let place = ArrivalLine.Place(thread: row.notification.thread, sequence: row.sequence)
    if row.isAlarm { alarms.insert(place) } else { ends.insert(place) }
    if hasFallback, row.isAlarm, row.toldFallback != true { untold.insert(place) }
    // Pages that were delivered leave their places behind.
    if alarms.count + ends.count > 64 + 2 * count {
      untold = untold.keeping(isUntold)
      alarms = alarms.keeping { entry($0, in: alarms) != nil }
      ends = ends.keeping { entry($0, in: ends) != nil }
    }
  }

  /// The page at `place`; nil when it is gone or now stands in the other line.
  private func entry(_ place: ArrivalLine.Place, in line: ArrivalLine?) -> OutboxEntry? {
    guard let entry = lanes[place.thread]?.first(where: { $0.row.sequence == place.sequence }) else {
      return nil
    }
    guard let line else { return entry }
    return entry.row.isAlarm == line.isOfAlarms ? entry : nil
  }
}

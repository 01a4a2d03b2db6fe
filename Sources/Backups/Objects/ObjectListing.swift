internal import Collecting
internal import Model
internal import ObjectStores

/// One listing from its first page to its last: what to ask next, and what came of it. No clock, no network.
///
/// Every page is read, because the order is that of names and the newest backup may stand anywhere. Only when the
/// tally of a listing before shows that names sort by time does this one begin behind what it let go.
struct ObjectListing {
  enum Step {
    case page(PageQuery)
    case done(ObjectTally)
    case failed(FailureReason, detail: String)
  }

  /// Pages without a single entry that are borne in a row.
  private static let emptyPages = 1000

  let isFull: Bool
  /// The store's clock minus ours, when a page told it.
  private(set) var clockOffset: Duration?
  private let settings: ObjectBackupSettings
  private let startAfter: String?
  private var assembler: UnitAssembler
  private var tally: ObjectTally
  private var last: String?
  private var token: String?
  private var empty = 0

  /// - Parameter before: the tally of the last listing, to go on from; nil to list all.
  init(_ settings: ObjectBackupSettings, after before: ObjectTally? = nil) {
    self.settings = settings
    assembler = UnitAssembler(
      prefix: settings.prefix, match: settings.naming.match, members: settings.members)
    startAfter = before?.resumeAfter
    isFull = startAfter == nil
    tally =
      startAfter == nil
      ? ObjectTally(settings.basics, settings.naming, capacity: settings.window)
      : before?.continued() ?? ObjectTally(settings.basics, settings.naming, capacity: settings.window)
  }

  var first: Step { .page(PageQuery(prefix: settings.prefix, startAfter: startAfter)) }

  mutating func take(_ page: ListingPage, now: Timestamp) -> Step {
    if let offset = page.clockOffset { clockOffset = offset }
    for entry in page.entries {
      // Some stores begin with the name itself.
      if let startAfter, !byteOrder(startAfter, entry.name) { continue }
      tally.entries += 1
      guard tally.entries <= settings.objectsLimit else {
        return .failed(
          .limit,
          detail:
            "more than \(settings.objectsLimit) objects under \"\(settings.prefix)\": the newest is unknown; "
            + "narrow the prefix or raise `objects_limit`")
      }
      if settings.members != nil, let last, !byteOrder(last, entry.name) {
        return .failed(
          .protocolError, detail: "objects are not listed in order of name: their members cannot be gathered")
      }
      last = entry.name
      if entry.isUncommitted { tally.uncommitted += 1 }
      if let unit = assembler.add(atOurClock(entry), ordinal: tally.entries) { tally.add(unit, now: now) }
    }
    empty = page.entries.isEmpty ? empty + 1 : 0
    guard let next = page.next else {
      if let unit = assembler.finish() { tally.add(unit, now: now) }
      tally.seal(now: now)
      return .done(tally)
    }
    guard next != token, empty < Self.emptyPages else {
      return .failed(.protocolError, detail: "the listing does not come to an end")
    }
    token = next
    return .page(PageQuery(prefix: settings.prefix, startAfter: startAfter, continuation: next))
  }

  /// What a store's clock wrote, by ours. Its header tells whole seconds: less than two is no difference.
  private func atOurClock(_ entry: ObjectEntry) -> ObjectEntry {
    guard let clockOffset, let modified = entry.modified, abs(clockOffset.milliseconds) >= 2000 else {
      return entry
    }
    var entry = entry
    entry.modified = modified - clockOffset
    return entry
  }
}

internal import Model
internal import ObjectStores

/// Compares two listings page by page, in memory for one page of each. No clock, no network.
///
/// Both come in the order of their names. An object counts as copied when the target has one of the same name and size
/// that is not older than the source's: an older one is the copy of what was overwritten since.
struct ObjectComparison {
  enum Side: Hashable, Sendable { case source, target }

  enum Step: Equatable {
    case ask(Side, PageQuery)
    case done
    case failed(FailureReason, detail: String)
  }

  struct Found: Equatable, Sendable {
    var objects = 0
    var missing = 0
    var missingBytes: UInt64 = 0
    /// The source's time, by our clock.
    var oldestMissing: Timestamp?
    var oldestMissingName: String?
    var newestSource: Timestamp?
    var newestCopied: Timestamp?
  }

  private struct Cursor {
    var prefix: String
    var entries: ArraySlice<ObjectEntry> = []
    var token: String?
    var isAtEnd = false
    var last: String?
    var count = 0

    func name(_ entry: ObjectEntry) -> String {
      String(decoding: entry.name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }
  }

  private static let tolerance = Duration.seconds(2)

  private(set) var found = Found()
  private var source: Cursor
  private var target: Cursor
  private let limit: Int

  init(sourcePrefix: String, targetPrefix: String, limit: Int) {
    source = Cursor(prefix: sourcePrefix)
    target = Cursor(prefix: targetPrefix)
    self.limit = limit
  }

  /// The source first: what comes into being between the two questions is then no loss.
  var first: Step { .ask(.source, PageQuery(prefix: source.prefix)) }

  mutating func take(_ page: ListingPage, of side: Side) -> Step {
    var cursor = side == .source ? source : target
    if page.next != nil, page.next == cursor.token {
      return .failed(.protocolError, detail: "the listing of the \(side) does not come to an end")
    }
    cursor.token = page.next
    cursor.isAtEnd = page.next == nil
    cursor.count += page.entries.count
    if cursor.count > limit {
      return .failed(.limit, detail: "the \(side) has more than \(limit) objects: raise `objects_limit`")
    }
    var kept: [ObjectEntry] = []
    kept.reserveCapacity(page.entries.count)
    for entry in page.entries {
      if let last = cursor.last, !byteOrder(last, entry.name) {
        return .failed(.protocolError, detail: "the \(side) does not list its objects in order of name")
      }
      cursor.last = entry.name
      guard !entry.isFolder, !entry.isUncommitted else { continue }
      var entry = entry
      if let offset = page.clockOffset, abs(offset.milliseconds) >= 2000 {
        entry.modified = entry.modified.map { $0 - offset }
      }
      kept.append(entry)
    }
    cursor.entries = kept[...]
    if side == .source { source = cursor } else { target = cursor }
    return proceed()
  }

  private mutating func proceed() -> Step {
    while true {
      guard let left = source.entries.first else {
        if source.isAtEnd { return .done }
        return .ask(.source, PageQuery(prefix: source.prefix, continuation: source.token))
      }
      guard let right = target.entries.first else {
        if !target.isAtEnd {
          return .ask(.target, PageQuery(prefix: target.prefix, continuation: target.token))
        }
        count(left, copy: nil)
        source.entries.removeFirst()
        continue
      }
      let (wanted, present) = (source.name(left), target.name(right))
      if byteOrder(present, wanted) {
        target.entries.removeFirst()
      } else {
        count(left, copy: wanted == present ? right : nil)
        source.entries.removeFirst()
        if wanted == present { target.entries.removeFirst() }
      }
    }
  }

  private mutating func count(_ object: ObjectEntry, copy: ObjectEntry?) {
    found.objects += 1
    let came = object.modified
    if let came { found.newestSource = max(found.newestSource ?? came, came) }
    if let copy, copy.size == object.size, !isOlder(copy, than: object) {
      if let came { found.newestCopied = max(found.newestCopied ?? came, came) }
      return
    }
    found.missing += 1
    found.missingBytes = found.missingBytes.addingReportingOverflow(object.size).partialValue
    if let came, found.oldestMissing.map({ came < $0 }) ?? true {
      found.oldestMissing = came
      found.oldestMissingName = object.name
    }
  }

  private func isOlder(_ copy: ObjectEntry, than object: ObjectEntry) -> Bool {
    guard let copied = copy.modified, let came = object.modified else { return false }
    return copied + Self.tolerance < came
  }
}

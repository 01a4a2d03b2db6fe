package import Model

/// Why bytes are no time zone.
package struct ZoneProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String

  package init(description: String) { self.description = description }
}

/// How far the local time of a zone is from UTC, by moment.
///
/// Made from the bytes of a TZif file (RFC 8536, versions 1 to 4), which whoever loads the configuration reads from
/// the system's time zone database: so zones change with the system and not with Farwatch.
package struct ZoneOffsets: Sendable, Equatable {
  /// A larger file is refused; the largest of the database is smaller than 4 KB.
  package static let maximumBytes = 1 << 20

  package let name: String
  /// The offset in seconds before the first change.
  private let first: Int
  /// Rising. From each start, in seconds since 1970, the offset in seconds.
  private let changes: [Change]
  /// What holds from the last change on; nil: its offset for ever.
  private let rule: ZoneRule?

  private struct Change: Sendable, Equatable {
    var start: Int
    var offset: Int
  }

  package static let utc = ZoneOffsets(name: "UTC", first: 0, changes: [], rule: nil)

  private init(name: String, first: Int, changes: [Change], rule: ZoneRule?) {
    self.name = name
    self.first = first
    self.changes = changes
    self.rule = rule
  }

  package init(name: String, tzif bytes: [UInt8]) throws(ZoneProblem) {
    guard bytes.count <= Self.maximumBytes else {
      throw ZoneProblem(description: "larger than \(Self.maximumBytes) bytes")
    }
    var reader = TZifReader(bytes)
    let header = try reader.header()
    var table: TZifReader.Table
    var rule: ZoneRule?
    if header.version == 0 {
      table = try reader.table(header, timeBytes: 4)
    } else {
      // The first part is for those who know only version 1.
      try reader.skip(header.bytes(timeBytes: 4))
      table = try reader.table(try reader.header(), timeBytes: 8)
      let footer = try reader.footer()
      rule = ZoneRule(footer)
      if rule == nil, !footer.isEmpty { throw ZoneProblem(description: "the rule in its footer is damaged") }
    }
    var changes: [Change] = []
    for (start, type) in zip(table.starts, table.types) {
      if let last = changes.last, start <= last.start {
        throw ZoneProblem(description: "its changes are not in order")
      }
      changes.append(Change(start: start, offset: table.offsets[type].seconds))
    }
    let first = table.offsets.first { !$0.isSummer } ?? table.offsets[0]
    self.init(name: name, first: first.seconds, changes: changes, rule: rule)
  }

  /// Seconds east of UTC.
  package func offset(at now: Timestamp) -> Int { offset(at: Self.seconds(now)) }

  /// The first moment behind `now` at which the offset may change; nil: it never will.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    let seconds = Self.seconds(now)
    guard seconds < Self.horizon.upperBound else { return nil }
    let place = changes.partitioningIndex { $0.start > seconds }
    if place < changes.count { return Self.timestamp(changes[place].start) }
    let next = rule?.changes(around: Self.year(seconds)).first { $0.start > seconds }
    return next.map { Self.timestamp($0.start) }
  }

  private func offset(at seconds: Int) -> Int {
    let place = changes.partitioningIndex { $0.start > seconds }
    // The rule takes over where the table ends.
    if place < changes.count || rule == nil { return place == 0 ? first : changes[place - 1].offset }
    guard let rule else { return first }
    return rule.changes(around: Self.year(seconds)).last { $0.start <= seconds }?.offset ?? rule.offset
  }

  /// The years 1 to 9999: beyond them the calendar stands still, so that no arithmetic can leave its bounds.
  private static let horizon = -62_135_596_800...253_402_300_799

  private static func seconds(_ now: Timestamp) -> Int {
    let seconds = floorDivide(Int(now.milliseconds), 1000).quotient
    return min(max(seconds, horizon.lowerBound), horizon.upperBound)
  }

  private static func timestamp(_ seconds: Int) -> Timestamp {
    Timestamp(milliseconds: Int64(seconds) * 1000)
  }

  private static func year(_ seconds: Int) -> Int { timestamp(seconds).civil.year }
}

package import Model

/// The span of time that a backup's name speaks of: one second for a full time, a day for a date alone.
package struct BackupNameTime: Hashable, Sendable {
  package let start: Timestamp
  /// First moment after the span.
  package let end: Timestamp

  package init(start: Timestamp, end: Timestamp) {
    self.start = start
    self.end = end
  }
}

/// How a time is written in names: a subset of strptime (`%Y %m %d %H %M %S %s %%`, fixed widths, all else literal).
///
/// The text may stand anywhere in the name, bounded by characters that are not digits.
package struct BackupTimeFormat: Hashable, Sendable {
  package let text: String
  private let parts: [Part]

  private enum Part: Hashable, Sendable {
    case literal(UInt8)
    case field(Field)
  }

  private enum Field: UInt8, Sendable {
    case year = 89  // Y
    case month = 109  // m
    case day = 100  // d
    case hour = 72  // H
    case minute = 77  // M
    case second = 83  // S
    case epoch = 115  // s

    var width: Int { self == .year ? 4 : self == .epoch ? 10 : 2 }
  }

  package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  package init(_ text: String) throws(Failure) {
    var parts: [Part] = []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        parts.append(.literal(byte))
        continue
      }
      guard let letter = bytes.popFirst() else { throw Failure(description: "time format ends with %") }
      if letter == UInt8(ascii: "%") {
        parts.append(.literal(letter))
      } else if let field = Field(rawValue: letter) {
        guard !parts.contains(.field(field)) else {
          throw Failure(description: "time format has %\(Character(Unicode.Scalar(letter))) twice")
        }
        parts.append(.field(field))
      } else {
        let shown = Character(Unicode.Scalar(letter))
        throw Failure(description: "time format: %\(shown) is not one of %Y %m %d %H %M %S %s %%")
      }
    }
    let dated = [Field.year, .month, .day].allSatisfy { parts.contains(.field($0)) }
    guard dated || parts.contains(.field(.epoch)) else {
      throw Failure(description: "time format needs %Y, %m and %d, or %s")
    }
    self.text = text
    self.parts = parts
  }

  /// A format of this file: known to be right.
  private init(known parts: [Part]) {
    text = ""
    self.parts = parts
  }

  /// The first place in `name` that reads as this format; nil when there is none or it is no real date.
  package func find(in name: String) -> BackupNameTime? { find(in: Array(name.utf8)) }

  private func find(in bytes: [UInt8]) -> BackupNameTime? {
    let beginsWithDigits = beginsWithDigits
    for start in bytes.indices {
      // Most places are no beginning, and of a million names each costs.
      if beginsWithDigits, !isDigit(bytes[start]) || start > 0 && isDigit(bytes[start - 1]) { continue }
      if let time = match(bytes, at: start) { return time }
    }
    return nil
  }

  private var beginsWithDigits: Bool { if case .field? = parts.first { true } else { false } }

  private func match(_ bytes: [UInt8], at start: Int) -> BackupNameTime? {
    var place = start
    var values: [Field: Int] = [:]
    for part in parts {
      switch part {
      case .literal(let byte):
        guard place < bytes.count, bytes[place] == byte else { return nil }
        place += 1
      case .field(let field):
        guard place + field.width <= bytes.count else { return nil }
        let digits = bytes[place..<place + field.width]
        guard digits.allSatisfy(isDigit) else { return nil }
        values[field] = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        place += field.width
      }
    }
    if case .field? = parts.last, place < bytes.count, isDigit(bytes[place]) { return nil }
    return Self.time(values)
  }

  private static func time(_ values: [Field: Int]) -> BackupNameTime? {
    if let epoch = values[.epoch] {
      // 2001 to 2100: any other number of ten digits is not a time.
      guard (1_000_000_000..<4_102_444_800).contains(epoch) else { return nil }
      let start = Timestamp(milliseconds: Int64(epoch) * 1000)
      return BackupNameTime(start: start, end: start + .seconds(1))
    }
    guard let year = values[.year], let month = values[.month], let day = values[.day] else { return nil }
    let (hour, minute, second) = (values[.hour], values[.minute], values[.second])
    guard (1970..<2200).contains(year), (1...12).contains(month), (1...31).contains(day),
      (0..<24).contains(hour ?? 0), (0..<60).contains(minute ?? 0), (0...60).contains(second ?? 0)
    else { return nil }
    let start = Timestamp(
      year: year, month: month, day: day, hour: hour ?? 0, minute: minute ?? 0, second: second ?? 0)
    // The 31st of a shorter month would have become the next month's first.
    guard Timestamp(year: year, month: month, day: day).civil.day == day else { return nil }
    let span = hour == nil ? 86_400 : minute == nil ? 3600 : second == nil ? 60 : 1
    return BackupNameTime(start: start, end: start + .seconds(span))
  }
}

extension BackupTimeFormat {
  /// What names are recognised by when nothing is configured. A date alone is not guessed.
  private static let guesses: [BackupTimeFormat] = {
    func fields(_ separators: [String]) -> BackupTimeFormat {
      let order: [Field] = [.year, .month, .day, .hour, .minute, .second]
      return BackupTimeFormat(
        known: zip(order, separators).flatMap { field, separator in
          [Part.field(field)] + separator.utf8.map { .literal($0) }
        })
    }
    var all: [BackupTimeFormat] = []
    for middle in ["_", "T", "-", " "] {
      for clock in ["-", ":"] { all.append(fields(["-", "-", middle, clock, clock, ""])) }
    }
    for middle in ["-", "_", "T", ""] { all.append(fields(["", "", middle, "", "", ""])) }
    return all + [BackupTimeFormat(known: [.field(.epoch)])]
  }()

  /// `2026-01-31_02:00:00`, `20260131T020000`, `20260131020000`, `1769824800` and their relatives, anywhere in `name`.
  package static func guess(in name: String) -> BackupNameTime? {
    let bytes = Array(name.utf8)
    // The shortest of them.
    guard bytes.count(where: isDigit) >= Field.epoch.width else { return nil }
    for format in guesses {
      if let time = format.find(in: bytes) { return time }
    }
    return nil
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

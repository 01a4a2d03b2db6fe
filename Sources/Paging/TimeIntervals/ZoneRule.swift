internal import Model

/// The offsets of a time zone for ever, as the footer of a TZif file writes them (POSIX TZ with the extensions of
/// RFC 8536): `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable, Equatable {
  /// A day of every year.
  enum Day: Sendable, Equatable {
    /// 1 to 365, 29 February never counted.
    case julian(Int)
    /// 0 to 365, 29 February counted.
    case ordinal(Int)
    /// The `week`th such weekday of a month; the last one for 5.
    case weekday(month: Int, week: Int, weekday: Int)
  }

  struct Moment: Sendable, Equatable {
    var day: Day
    /// Of local time, from that day's midnight; may lie outside the day.
    var seconds: Int
  }

  struct Summer: Sendable, Equatable {
    /// East of UTC.
    var offset: Int
    var from: Moment
    var to: Moment
  }

  /// Seconds east of UTC.
  var offset: Int
  var summer: Summer?

  /// The offset from `start` on, in seconds since 1970, sorted by start: those of three years, so that whatever local
  /// time says, every moment of the year has its own.
  func changes(around year: Int) -> [(start: Int, offset: Int)] {
    guard let summer else { return [] }
    var found: [(start: Int, offset: Int)] = []
    for year in (year - 1)...(year + 1) {
      found.append((Self.seconds(summer.to, year) - summer.offset, offset))
      found.append((Self.seconds(summer.from, year) - offset, summer.offset))
    }
    // Where summer ends as the next begins, it goes on.
    return found.enumerated().sorted { a, b in
      (a.element.start, a.element.offset == summer.offset ? 1 : 0, a.offset)
        < (b.element.start, b.element.offset == summer.offset ? 1 : 0, b.offset)
    }.map(\.element)
  }

  private static func seconds(_ moment: Moment, _ year: Int) -> Int {
    let first = CivilDay.number(year: year, month: 1, day: 1)
    let day: Int
    switch moment.day {
    case .julian(let number): day = first + number - 1 + (CivilDay.isLeap(year) && number >= 60 ? 1 : 0)
    case .ordinal(let number): day = first + number
    case .weekday(let month, let week, let weekday):
      let start = CivilDay(number: CivilDay.number(year: year, month: month, day: 1))
      let ahead = (weekday - start.weekday + 7) % 7 + (week - 1) * 7
      day = start.number + (ahead < start.daysInMonth ? ahead : ahead - 7)
    }
    return day * 86_400 + moment.seconds
  }
}

extension ZoneRule {
  /// nil when `text` is no such rule. Empty text is no rule either.
  init?(_ text: some Collection<UInt8>) {
    var reader = Reader(rest: Array(text)[...])
    guard reader.skipName(), let west = reader.time(hours: 0...24) else { return nil }
    offset = -west
    if reader.rest.isEmpty { return }
    guard reader.skipName() else { return nil }
    var summerOffset = offset + 3600
    if let next = reader.rest.first, next != UInt8(ascii: ",") {
      guard let west = reader.time(hours: 0...24) else { return nil }
      summerOffset = -west
    }
    guard let from = reader.moment(), let to = reader.moment(), reader.rest.isEmpty else { return nil }
    summer = Summer(offset: summerOffset, from: from, to: to)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: scalar) else { return false }
      rest.removeFirst()
      return true
    }

    /// Three letters or more, or anything between angle brackets.
    mutating func skipName() -> Bool {
      if take("<") {
        rest = rest.drop { $0 != UInt8(ascii: ">") }
        return take(">")
      }
      let letters = rest.prefix { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
      rest = rest.dropFirst(letters.count)
      return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count), let value = Int(String(decoding: digits, as: UTF8.self)),
        range.contains(value)
      else { return nil }
      rest = rest.dropFirst(digits.count)
      return value
    }

    /// `[+-]h[:m[:s]]` in seconds.
    mutating func time(hours: ClosedRange<Int>) -> Int? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard let hour = number(hours) else { return nil }
      var seconds = hour * 3600
      if take(":") {
        guard let minute = number(0...59) else { return nil }
        seconds += minute * 60
        if take(":") {
          guard let second = number(0...59) else { return nil }
          seconds += second
        }
      }
      return isNegative ? -seconds : seconds
    }

    /// `,DAY[/TIME]`.
    mutating func moment() -> Moment? {
      guard take(",") else { return nil }
      let day: Day
      if take("M") {
        guard let month = number(1...12), take("."), let week = number(1...5), take("."),
          let weekday = number(0...6)
        else { return nil }
        day = .weekday(month: month, week: week, weekday: weekday)
      } else if take("J") {
        guard let number = number(1...365) else { return nil }
        day = .julian(number)
      } else {
        guard let number = number(0...365) else { return nil }
        day = .ordinal(number)
      }
      guard take("/") else { return Moment(day: day, seconds: 7200) }
      guard let seconds = time(hours: 0...167) else { return nil }
      return Moment(day: day, seconds: seconds)
    }
  }
}

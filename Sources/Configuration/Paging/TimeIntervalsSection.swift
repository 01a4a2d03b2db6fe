internal import ConfigurationTypes
internal import Model
internal import Paging
internal import StrictYAML

/// `time_intervals:`, exactly as Alertmanager writes them.
enum TimeIntervalsSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> [String: TimeIntervals] {
    let interval = YAMLType<(name: String, intervals: TimeIntervals)>.mapping { m in
      (
        m.required("name", .nonEmptyString),
        TimeIntervals(m.required("time_intervals", .list(.mapping(readEntry))))
      )
    }
    let named = m.optional("time_intervals", .list(.located(interval))) ?? []
    scope.reportDuplicates("time interval", named.map { ([$0.value.name], $0.node) }, m.problems)
    for (value, node) in named where node["time_intervals"]?.content.isEmptyList == true {
      m.problems.add("the time interval \"\(value.name)\" has no times", at: node)
    }
    return Dictionary(named.map { ($0.value.name, $0.value.intervals) }) { first, _ in first }
  }

  private static func readEntry(_ m: MappingReader) -> CalendarInterval {
    var entry = CalendarInterval()
    entry.times = m.optional("times", .several(.mapping(readTimes))) ?? []
    entry.weekdays = m.optional("weekdays", .several(.weekdays)) ?? []
    entry.daysOfMonth = m.optional("days_of_month", .several(.daysOfMonth)) ?? []
    entry.months = m.optional("months", .several(.months)) ?? []
    entry.years = m.optional("years", .several(.years)) ?? []
    let zone = YAMLType<ZoneOffsets>.converted(from: .nonEmptyString, placeholder: .utc) {
      try ZoneDirectory.zone(named: $0)
    }
    entry.zone = m.optional("location", zone) ?? .utc
    return entry
  }

  private static func readTimes(_ m: MappingReader) -> Range<Int> {
    let from = m.required("start_time", .timeOfDay)
    let to = m.required("end_time", .timeOfDay)
    guard from < to else {
      // What could not be read was said.
      if m.node("start_time")?.scalarText.flatMap(timeOfDay) == from,
        m.node("end_time")?.scalarText.flatMap(timeOfDay) == to
      {
        m.problem("the end is not after the start; write two ranges for a night", at: "end_time")
      }
      return from..<from
    }
    return from..<to
  }
}

/// Minutes since midnight of `00:00` to `24:00`.
private func timeOfDay(_ text: String) -> Int? {
  let digits = Array(text.utf8)
  guard digits.count == 5, digits[2] == UInt8(ascii: ":"),
    (digits[..<2] + digits[3...]).allSatisfy({ (0x30...0x39).contains($0) }), let hour = Int(text.prefix(2)),
    let minute = Int(text.suffix(2)), minute < 60, hour < 24 || hour == 24 && minute == 0
  else { return nil }
  return hour * 60 + minute
}

extension YAMLType where Value == Int {
  fileprivate static var timeOfDay: YAMLType {
    .scalar("a time from 00:00 to 24:00", placeholder: 0) { Configuration.timeOfDay($0) }
  }
}

extension YAMLType {
  /// A list that is not empty: to Alertmanager an empty one means never, to people hardly.
  fileprivate static func several<Element>(_ element: YAMLType<Element>) -> YAMLType
  where Value == [Element] {
    let list = YAMLType<[Element]>.list(element)
    return YAMLType(expected: list.expected, placeholder: []) { node, problems in
      if node.content.isEmptyList {
        problems.add("an empty list is no time at all; leave the key out for all times", at: node)
        return nil
      }
      return list.read(node, problems)
    }
  }
}

private struct RangeProblem: Error, CustomStringConvertible {
  var description: String
}

/// `a` or `a:b`; each side is read by `member`.
private func range(
  _ text: String, _ expected: String, _ member: (String) -> Int?
) throws(RangeProblem) -> (from: Int, to: Int) {
  let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  guard let first = parts.first, parts.count <= 2, let from = member(first),
    let to = member(parts.last ?? first)
  else { throw RangeProblem(description: "expected \(expected), found \"\(text)\"") }
  return (from, to)
}

extension YAMLType where Value == ClosedRange<Int> {
  private static func rising(
    _ expected: String, _ member: @escaping (String) -> Int?
  ) -> YAMLType {
    .converted(from: .string, placeholder: 0...0) { text in
      let (from, to) = try range(text, expected, member)
      guard from <= to else {
        throw RangeProblem(description: "the end of the range \"\(text)\" is before its start")
      }
      return from...to
    }
  }

  fileprivate static var weekdays: YAMLType {
    let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    return rising("a weekday or a range such as monday:friday") { names.firstIndex(of: $0) }
  }

  fileprivate static var months: YAMLType {
    let names = [
      "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
      "november",
      "december",
    ]
    return rising("a month or a range such as november:december or 1:3") { text in
      names.firstIndex(of: text).map { $0 + 1 } ?? Int(text).flatMap { (1...12).contains($0) ? $0 : nil }
    }
  }

  fileprivate static var years: YAMLType {
    rising("a year or a range such as 2026:2028") { Int($0).flatMap { (1...9999).contains($0) ? $0 : nil } }
  }
}

extension YAMLType where Value == CalendarInterval.Days {
  fileprivate static var daysOfMonth: YAMLType {
    .converted(from: .string, placeholder: .init(from: 1, to: 1)) { text in
      let (from, to) = try range(text, "a day from 1 to 31, from -1 to -31 or a range such as 1:7 or -3:-1") {
        text in
        Int(text).flatMap { $0 != 0 && (-31...31).contains($0) ? $0 : nil }
      }
      if from < 0, to > 0 {
        throw RangeProblem(
          description: "a range that starts from the end of the month must end there: \"\(text)\"")
      }
      // In the longest month: what is turned around there is so in every month.
      guard (from < 0 ? 32 + from : from) <= (to < 0 ? 32 + to : to) else {
        throw RangeProblem(description: "the end of the range \"\(text)\" is always before its start")
      }
      return CalendarInterval.Days(from: from, to: to)
    }
  }
}

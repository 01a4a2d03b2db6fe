package import Model

/// Times of the calendar, as one entry of Alertmanager's `time_intervals` describes them: a moment belongs to it when
/// its local time meets every field that is given.
package struct CalendarInterval: Equatable, Sendable {
  /// Days of a month; a negative one counts from its end, -1 is the last day.
  package struct Days: Hashable, Sendable {
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
      self.from = from
      self.to = to
    }

    /// A range that begins behind the end of a short month has no day in it; one that ends there ends with it.
    func contains(_ day: CivilDay) -> Bool {
      let length = day.daysInMonth
      let first = from < 0 ? length + from + 1 : from
      let last = to < 0 ? length + to + 1 : to
      return first <= day.day && day.day <= last
    }
  }

  /// Minutes of the day, 0 to 1440; the end does not belong to it. Empty: the whole day.
  package var times: [Range<Int>] = []
  /// 0 (Sunday) to 6. Empty: all; and so for the others.
  package var weekdays: [ClosedRange<Int>] = []
  package var daysOfMonth: [Days] = []
  /// 1 to 12.
  package var months: [ClosedRange<Int>] = []
  package var years: [ClosedRange<Int>] = []
  package var zone = ZoneOffsets.utc

  package init() {}

  package func isActive(at now: Timestamp) -> Bool {
    let (day, second) = floorDivide(local(now, zone.offset(at: now)), 86_400)
    return contains(CivilDay(number: day)) && contains(minute: second / 60)
  }

  /// How far ``nextChange(after:)`` looks: more than the 28 years after which days and weekdays meet again.
  package static let horizonDays = 40 * 366

  /// The first moment behind `now` at which ``isActive(at:)`` says something else than at `now`; nil: none within
  /// ``horizonDays``.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    let wasActive = isActive(at: now)
    let minutes = minutes
    var cursor = now
    var daysLeft = Self.horizonDays
    // Within one offset local time runs straight on: no hour is missing and none comes twice.
    while daysLeft > 0 {
      let end = zone.nextChange(after: cursor)
      let found = change(from: wasActive, after: cursor, before: end, minutes, &daysLeft)
      if found != nil { return found }
      guard let end else { return nil }
      if isActive(at: end) != wasActive { return end }
      cursor = end
    }
    return nil
  }

  /// As ``nextChange(after:)``, in a stretch without a change of the offset.
  private func change(
    from wasActive: Bool, after now: Timestamp, before end: Timestamp?, _ minutes: [Int],
    _ daysLeft: inout Int
  ) -> Timestamp? {
    let offset = zone.offset(at: now)
    let utc = { (day: Int, minute: Int) in
      Timestamp(milliseconds: (Int64(day) * 86_400 + Int64(minute) * 60 - Int64(offset)) * 1000)
    }
    var number = floorDivide(local(now, offset), 86_400).quotient
    while daysLeft > 0, end.map({ utc(number, 0) < $0 }) ?? true {
      let day = CivilDay(number: number)
      let isDay = contains(day)
      for minute in isDay ? minutes : [0] {
        let isActive = isDay && contains(minute: minute)
        let moment = utc(number, minute)
        if isActive != wasActive, moment > now { return end.map { moment < $0 } ?? true ? moment : nil }
      }
      number += 1
      daysLeft -= 1
    }
    return nil
  }

  /// Minutes of a day at which something may change, rising.
  private var minutes: [Int] {
    if times.isEmpty { return [0] }
    return Set([0] + times.flatMap { [$0.lowerBound, $0.upperBound] }).filter { $0 < 1440 }.sorted()
  }

  private func contains(_ day: CivilDay) -> Bool {
    (years.isEmpty || years.contains { $0.contains(day.year) })
      && (months.isEmpty || months.contains { $0.contains(day.month) })
      && (weekdays.isEmpty || weekdays.contains { $0.contains(day.weekday) })
      && (daysOfMonth.isEmpty || daysOfMonth.contains { $0.contains(day) })
  }

  private func contains(minute: Int) -> Bool { times.isEmpty || times.contains { $0.contains(minute) } }

  /// Seconds of local time since its 1970. Far beyond any calendar the time stands still.
  private func local(_ now: Timestamp, _ offset: Int) -> Int {
    let seconds = floorDivide(Int(now.milliseconds), 1000).quotient
    return min(max(seconds, -100_000_000_000), 300_000_000_000) + offset
  }
}

/// What one name of `time_intervals` stands for: the times of any of its entries.
package struct TimeIntervals: Equatable, Sendable {
  package var entries: [CalendarInterval]

  package init(_ entries: [CalendarInterval]) { self.entries = entries }

  package func isActive(at now: Timestamp) -> Bool { entries.contains { $0.isActive(at: now) } }

  /// A moment behind `now` before which ``isActive(at:)`` does not change, and at which it does, unless entries follow
  /// each other without a gap more than a thousand times; nil: no change within ``CalendarInterval/horizonDays``.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    let wasActive = isActive(at: now)
    // An entry that never changes takes the longest to say so: each is asked again only once its time has come.
    var next = entries.map { $0.nextChange(after: now) }
    var cursor = now
    for _ in 0..<1000 {
      guard let first = next.compactMap(\.self).min() else { return nil }
      cursor = first
      if isActive(at: cursor) != wasActive { return cursor }
      for place in entries.indices where next[place] == cursor {
        next[place] = entries[place].nextChange(after: cursor)
      }
    }
    return cursor
  }
}

extension Timestamp {
  /// From `2026-01-02T15:04:05.5+01:00`; nil for anything else. What is finer than a millisecond is cut off.
  package init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      return Int(String(decoding: bytes[range], as: UTF8.self))
    }
    func isAt(_ place: Int, _ options: String) -> Bool {
      place < bytes.count && options.utf8.contains(bytes[place])
    }
    guard let year = number(0..<4), isAt(4, "-"), let month = number(5..<7), isAt(7, "-"),
      let day = number(8..<10),
      isAt(10, "T"), let hour = number(11..<13), isAt(13, ":"), let minute = number(14..<16), isAt(16, ":"),
      let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second < 60
    else { return nil }
    var place = 19
    var milliseconds = 0
    if isAt(place, ".") {
      let fraction = bytes[(place + 1)...].prefix { (0x30...0x39).contains($0) }
      guard !fraction.isEmpty else { return nil }
      milliseconds =
        Int(String(decoding: fraction.prefix(3), as: UTF8.self) + "00".prefix(max(0, 3 - fraction.count)))
        ?? 0
      place = fraction.endIndex
    }
    var time = Timestamp(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second,
      millisecond: milliseconds)
    // A day that the month does not have has moved into the next one.
    guard time.civil.day == day else { return nil }
    if isAt(place, "Z") {
      guard place + 1 == bytes.count else { return nil }
      self = time
      return
    }
    guard isAt(place, "+-"), let hours = number((place + 1)..<(place + 3)), isAt(place + 3, ":"),
      let minutes = number((place + 4)..<(place + 6)), place + 6 == bytes.count, hours < 24, minutes < 60
    else { return nil }
    let offset = Duration.seconds(hours * 3600 + minutes * 60)
    time = bytes[place] == UInt8(ascii: "+") ? time - offset : time + offset
    self = time
  }
}

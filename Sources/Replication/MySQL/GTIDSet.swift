/// Transactions of a MySQL server by their global identifiers: what `gtid_executed` holds.
///
/// Invariant: the intervals of a source are sorted and neither overlap nor touch.
package struct GTIDSet: Equatable, Sendable {
  package typealias Interval = ClosedRange<UInt64>

  /// Sets in the wild have a handful; more is a server whose set is full of holes.
  package static let intervalLimit = 10_000

  /// By the UUID of the server that wrote, with `:tag` behind it where there is one.
  package private(set) var intervals: [String: [Interval]] = [:]

  package init() {}

  /// `uuid:1-5:7, uuid:tag:1-3`, in any case and with line breaks. nil for anything else and above the limit.
  package init?(_ text: String) {
    var count = 0
    for part in text.split(separator: ",") {
      let words = part.split(separator: ":", omittingEmptySubsequences: false).map { word in
        String(word.filter { !$0.isWhitespace }).lowercased()
      }
      guard let uuid = words.first, uuid.utf8.count == 36,
        uuid.utf8.allSatisfy({ Self.isHexadecimal($0) || $0 == UInt8(ascii: "-") }), words.count > 1
      else {
        // What is empty but for white space is no part.
        if words == [""] { continue }
        return nil
      }
      var source = uuid
      for word in words.dropFirst() {
        if let first = word.utf8.first, (97...122).contains(first) || first == UInt8(ascii: "_") {
          source = "\(uuid):\(word)"
          continue
        }
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low >= 1,
          low <= high,
          high < UInt64(Int64.max)
        else { return nil }
        count += 1
        guard count <= Self.intervalLimit else { return nil }
        intervals[source, default: []].append(low...high)
      }
    }
    for (source, found) in intervals { intervals[source] = Self.merged(found) }
  }

  package var isEmpty: Bool { intervals.isEmpty }

  package func includes(_ other: GTIDSet) -> Bool { other.subtracting(self, stopAtFirst: true) == 0 }

  /// How many transactions are here and not in `other`.
  package func count(notIn other: GTIDSet) -> UInt64 { subtracting(other, stopAtFirst: false) }

  package func union(_ other: GTIDSet) -> GTIDSet {
    var all = self
    for (source, found) in other.intervals {
      all.intervals[source] = Self.merged((all.intervals[source] ?? []) + found)
    }
    return all
  }

  private func subtracting(_ other: GTIDSet, stopAtFirst: Bool) -> UInt64 {
    var total: UInt64 = 0
    for (source, own) in intervals {
      let theirs = other.intervals[source] ?? []
      var index = 0
      for interval in own {
        var next = interval.lowerBound
        while next <= interval.upperBound {
          while index < theirs.count, theirs[index].upperBound < next { index += 1 }
          if index < theirs.count, theirs[index].lowerBound <= next {
            next = theirs[index].upperBound &+ 1
            continue
          }
          let end =
            index < theirs.count
            ? min(interval.upperBound, theirs[index].lowerBound &- 1) : interval.upperBound
          total &+= end &- next &+ 1
          if stopAtFirst { return total }
          next = end &+ 1
        }
      }
    }
    return total
  }

  private static func merged(_ intervals: [Interval]) -> [Interval] {
    var out: [Interval] = []
    for interval in intervals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = out.last, interval.lowerBound <= last.upperBound &+ 1 {
        out[out.count - 1] = last.lowerBound...max(last.upperBound, interval.upperBound)
      } else {
        out.append(interval)
      }
    }
    return out
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...102).contains(byte)
  }
}

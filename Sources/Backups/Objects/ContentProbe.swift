internal import Decompression
internal import Model

/// Verifies the content of one object by reading parts of it: says which, takes them, and judges. No network.
///
/// A trailer is looked for in the last 4 KiB, an archive's form in its first and last bytes; only `gzip` has the
/// whole object read, which proves every checksum in it.
struct ContentProbe {
  enum Next: Equatable {
    case read(Range<UInt64>)
    case done(BackupContent)
  }

  private enum Part { case head, tail }

  private let rules: BackupContentRules
  private let size: UInt64
  private let chunk: UInt64
  private var place: UInt64 = 0
  private var stream: GzipStream?
  private var parts: [Part] = []
  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  private var verdict: BackupContent?

  /// - Parameters:
  ///   - wholeLimit: greatest size that is read whole.
  ///   - chunk: bytes of one reading of a whole object.
  init(_ rules: BackupContentRules, size: UInt64, wholeLimit: UInt64, chunk: UInt64 = 1 << 20) {
    self.rules = rules
    self.size = size
    self.chunk = max(1, chunk)
    if rules.gzip {
      let limits = GzipFile.Limits(
        tailBytes: DumpTrailer.tailBytes, decompressedBytes: rules.decompressedLimit)
      stream = GzipStream(limits: limits)
      if size > wholeLimit || stream == nil { verdict = .bad(.limit) }
    } else {
      if rules.archive != nil { parts.append(.head) }
      if rules.archive != nil || rules.trailer != .none { parts.append(.tail) }
    }
  }

  var next: Next {
    if let verdict { return .done(verdict) }
    if stream != nil { return place < size ? .read(place..<min(size, place + chunk)) : .done(judgeWhole()) }
    switch parts.first {
    case .head: return range(0, UInt64(ArchiveKind.headBytes))
    case .tail:
      let wanted = UInt64(max(DumpTrailer.tailBytes, rules.archive?.tailBytes ?? 0))
      return range(size > wanted ? size - wanted : 0, size)
    case nil: return .done(judgeParts())
    }
  }

  private func range(_ low: UInt64, _ high: UInt64) -> Next {
    size == 0 ? .done(judgeParts()) : .read(low..<min(size, high))
  }

  /// Takes what the range of ``next`` holds. false: it is not as long as that, so the object is another one by now.
  mutating func take(_ bytes: [UInt8]) -> Bool {
    guard case .read(let range) = next, bytes.count == range.count else { return false }
    if let stream {
      place = range.upperBound
      if !stream.feed(bytes) { verdict = judgeWhole() }
      return true
    }
    switch parts.removeFirst() {
    case .head: head = bytes
    case .tail: tail = bytes
    }
    return true
  }

  private func judgeWhole() -> BackupContent {
    guard let report = stream?.finish() else { return .bad(.limit) }
    switch report.verdict {
    // A cut gzip file can still decompress to its trailer, and a cut dump can be whole gzip: both must be right.
    case .complete: return rules.trailer.isPresent(in: report.tail) ? .good : .bad(.noTrailer)
    case .truncated: return .bad(.truncated)
    case .corrupt, .trailingGarbage: return .bad(.corrupt)
    case .limit, .unreadable, .cancelled: return .bad(.limit)
    }
  }

  private func judgeParts() -> BackupContent {
    if let problem = rules.archive?.problem(head: head, tail: tail, size: size) { return .bad(problem) }
    let end = Array(tail.suffix(DumpTrailer.tailBytes))
    return rules.trailer.isPresent(in: end) ? .good : .bad(.noTrailer)
  }
}

/// How much may be read now, and how long to wait for more.
struct ReadBudget {
  private let perSecond: UInt64?
  private let perHour: UInt64?
  private var free = MonotonicInstant(nanoseconds: .min)
  private var hourBegan: MonotonicInstant?
  private var hourUsed: UInt64 = 0

  init(perSecond: UInt64?, perHour: UInt64?) {
    self.perSecond = perSecond.map { max(1, $0) }
    self.perHour = perHour.map { max(1, $0) }
  }

  /// No reading may be larger, or it would never be allowed.
  var largest: UInt64 { min(1 << 20, perHour ?? .max) }

  /// Takes `bytes` and returns zero, or takes nothing and says when to ask again.
  mutating func wait(for bytes: UInt64, now: MonotonicInstant) -> Duration {
    if free > now { return free - now }
    if let perHour {
      let began = hourBegan.flatMap { now - $0 < .seconds(3600) ? $0 : nil }
      if began == nil {
        hourBegan = now
        hourUsed = 0
      } else if hourUsed &+ bytes > perHour, let began {
        return .seconds(3600) - (now - began)
      }
      hourUsed &+= bytes
    }
    if let perSecond { free = now + .seconds(Double(bytes) / Double(perSecond)) }
    return .zero
  }
}

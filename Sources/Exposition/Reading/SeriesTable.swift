internal import Model

/// Series by the bytes that name them: those of a page, or of a long file, come again and again in the same words, and
/// are parsed once.
struct SeriesTable {
  private(set) var labels: [Labels] = []
  private var words: [[UInt8]] = []
  private var byHash: [UInt64: [Int]] = [:]
  /// The same series may be written in two ways.
  private var byLabels: [Labels: Int] = [:]
  /// What ``words`` of a place mean.
  private var meaning: [Int] = []

  func find(_ bytes: Span<UInt8>, _ range: Range<Int>, _ hash: UInt64) -> Int? {
    guard let candidates = byHash[hash] else { return nil }
    for place in candidates where Self.isSame(words[place], bytes, range) { return meaning[place] }
    return nil
  }

  /// The place of the series with these labels; nil: it would be one more than `limit`.
  mutating func add(_ new: Labels, limit: Int) -> Int? {
    if let known = byLabels[new] { return known }
    guard labels.count < limit else { return nil }
    labels.append(new)
    byLabels[new] = labels.count - 1
    return labels.count - 1
  }

  /// The place of the series with these labels, which were written in these words.
  mutating func add(_ new: Labels, named bytes: Span<UInt8>, _ range: Range<Int>, _ hash: UInt64) -> Int {
    let place: Int
    if let known = byLabels[new] {
      place = known
    } else {
      place = labels.count
      labels.append(new)
      byLabels[new] = place
    }
    byHash[hash, default: []].append(words.count)
    var word: [UInt8] = []
    word.reserveCapacity(range.count)
    for index in range { word.append(bytes[index]) }
    words.append(word)
    meaning.append(place)
    return place
  }

  /// FNV-1a.
  static func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for index in range { hash = (hash ^ UInt64(bytes[index])) &* 1_099_511_628_211 }
    return hash
  }

  private static func isSame(_ word: [UInt8], _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard word.count == range.count else { return false }
    for offset in word.indices where word[offset] != bytes[range.lowerBound + offset] { return false }
    return true
  }
}

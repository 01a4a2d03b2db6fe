/// Spoils text, the same way for the same seed.
struct Mutation: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  private static let bytes = Array("{}[]()\"'`\\ _x+-.:,=~@#019eINfnstale\n\tä\u{0}".utf8)

  /// `text` after one to four deletions, insertions, doublings and swaps of bytes.
  mutating func mutated(_ text: String) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      let place = Int.random(in: 0...bytes.count, using: &self)
      let length = min(Int.random(in: 1...8, using: &self), bytes.count - place)
      switch Int.random(in: 0..<4, using: &self) {
      case 0: bytes.removeSubrange(place..<(place + length))
      case 1: bytes.insert(Self.bytes.randomElement(using: &self) ?? 0, at: place)
      case 2: bytes.insert(contentsOf: Array(bytes[place..<(place + length)]), at: place)
      default: bytes = Array(bytes[place...]) + Array(bytes[..<place])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

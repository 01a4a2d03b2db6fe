internal import Model

/// The hash by which `limit_ratio` chooses, that of a released Prometheus: XXH64 over all names and values in order, each
/// behind its length (one byte, or 255 and three bytes, lowest first).
enum LabelHash {
  static func xxHash64(of labels: Labels) -> UInt64 {
    var bytes: [UInt8] = []
    for label in labels.entries {
      append(label.name, to: &bytes)
      append(label.value, to: &bytes)
    }
    return xxHash64(bytes)
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let length = text.utf8.count
    if length < 255 {
      bytes.append(UInt8(length))
    } else {
      bytes.append(255)
      for shift in [0, 8, 16] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
    bytes.append(contentsOf: text.utf8)
  }

  private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63,
    0x27d4_eb2f_1656_67c5
  )

  /// Yann Collet's XXH64 with seed 0.
  static func xxHash64(_ bytes: [UInt8]) -> UInt64 {
    let (p1, p2, p3, p4, p5) = primes
    func word(_ place: Int, _ length: Int) -> UInt64 {
      (0..<length).reduce(0) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
    }
    func rotated(_ x: UInt64, _ by: UInt64) -> UInt64 { x << by | x >> (64 - by) }
    func round(_ sum: UInt64, _ input: UInt64) -> UInt64 { rotated(sum &+ input &* p2, 31) &* p1 }
    var place = 0
    var hash: UInt64
    if bytes.count >= 32 {
      var lanes: [UInt64] = [p1 &+ p2, p2, 0, 0 &- p1]
      while place + 32 <= bytes.count {
        for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(place + 8 * lane, 8)) }
        place += 32
      }
      hash =
        rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12) &+ rotated(lanes[3], 18)
      for lane in lanes { hash = (hash ^ round(0, lane)) &* p1 &+ p4 }
    } else {
      hash = p5
    }
    hash &+= UInt64(bytes.count)
    while place + 8 <= bytes.count {
      hash = rotated(hash ^ round(0, word(place, 8)), 27) &* p1 &+ p4
      place += 8
    }
    if place + 4 <= bytes.count {
      hash = rotated(hash ^ word(place, 4) &* p1, 23) &* p2 &+ p3
      place += 4
    }
    while place < bytes.count {
      hash = rotated(hash ^ UInt64(bytes[place]) &* p5, 11) &* p1
      place += 1
    }
    hash = (hash ^ hash >> 33) &* p2
    hash = (hash ^ hash >> 29) &* p3
    return hash ^ hash >> 32
  }
}

import Model
import Testing

@testable import SampleStore

/// SplitMix64: small, and the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

struct Point: Equatable {
  var time: Int64
  var bits: UInt64
}

/// Every shape of values that a codec may meet.
enum Shape: CaseIterable {
  case constant, counter, seconds, noise, special, anyBits

  func value(_ last: Double, using random: inout SeededGenerator) -> Double {
    switch self {
    case .constant: 1
    case .counter: last + Double(Int.random(in: 0...50, using: &random))
    case .seconds: Double(Int.random(in: 800...2_000_000, using: &random)) / 1e6
    case .noise: Double.random(in: -1...1, using: &random)
    case .special:
      [0, -0.0, .infinity, -.infinity, .nan, StaleMarker.value, .leastNonzeroMagnitude, 1e300].randomElement(
        using: &random)!
    case .anyBits: Double(bitPattern: random.next())
    }
  }
}

func randomPoints(_ shape: Shape, count: Int, using random: inout SeededGenerator) -> [Point] {
  var time = Int64.random(in: -4_000_000_000_000...4_000_000_000_000, using: &random)
  var value = 0.0
  return (0..<count).map { _ in
    time +=
      Int.random(in: 0..<40, using: &random) == 0
      ? Int64.random(in: 1...20_000_000, using: &random) : 5000 + Int64.random(in: -40...40, using: &random)
    value = shape.value(value, using: &random)
    return Point(time: time, bits: value.bitPattern)
  }
}

func compressed(_ points: [Point]) -> (open: OpenChunk, sealed: SealedChunk) {
  var open = OpenChunk()
  var last = Point(time: .min, bits: 0)
  for point in points {
    open.append(point.time, point.bits, after: last.time, last.bits)
    last = point
  }
  return (open, open.sealed(lastTime: last.time))
}

func points(_ chunk: SealedChunk) -> [Point] {
  var found: [Point] = []
  chunk.forEach {
    found.append(Point(time: $0, bits: $1))
    return true
  }
  return found
}

@Suite struct ChunkTests {
  @Test(arguments: Shape.allCases)
  func whatGoesInComesOutBitByBit(_ shape: Shape) throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let count = Int.random(in: 1...OpenChunk.sampleLimit, using: &random)
      let given = randomPoints(shape, count: count, using: &random)
      let (open, sealed) = compressed(given)
      #expect(points(sealed) == given, "seed \(seed), \(shape)")
      // What is written down and read back goes on as if nothing had happened.
      var (resumed, time, bits) = try #require(OpenChunk.resume(sealed), "seed \(seed)")
      #expect(Point(time: time, bits: bits) == given.last)
      var original = open
      var last = given[count - 1]
      for value in [last.bits, last.bits ^ 0xff, 0, last.bits] {
        resumed.append(last.time + 5000, value, after: last.time, last.bits)
        original.append(last.time + 5000, value, after: last.time, last.bits)
        last = Point(time: last.time + 5000, bits: value)
      }
      let (one, two) = (resumed.sealed(lastTime: last.time), original.sealed(lastTime: last.time))
      #expect(one.times == two.times && one.values == two.values, "seed \(seed)")
    }
  }

  /// The decimal form is used only where it gives back the same bits.
  @Test(arguments: Shape.allCases)
  func decimalsAreExact(_ shape: Shape) throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    var used = 0
    for _ in 0..<60 {
      let given = randomPoints(shape, count: Int.random(in: 2...240, using: &random), using: &random)
      let (_, sealed) = compressed(given)
      guard let values = DecimalCodec.compress(sealed) else { continue }
      used += 1
      var entry = ChunkEntry()
      entry.count = UInt16(sealed.count)
      entry.firstTime = sealed.firstTime
      entry.firstBits = sealed.firstBits
      var found: [Point] = []
      let good = sealed.times.withUnsafeBufferPointer { times in
        values.withUnsafeBufferPointer { values in
          DecimalCodec.forEach(entry, times, values) {
            found.append(Point(time: $0, bits: $1))
            return true
          }
        }
      }
      #expect(good && found == given, "seed \(seed), \(shape)")
    }
    if shape == .seconds || shape == .counter {
      #expect(used > 50, "seed \(seed): measured values are decimals")
    }
  }

  /// Whatever the bytes are: an end, and never a step back in time.
  @Test func garbageIsReadToAnEnd() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      func bytes() -> [UInt8] {
        (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      }
      let chunk = SealedChunk(
        firstTime: Int64(bitPattern: random.next()), lastTime: 0, firstBits: random.next(),
        count: Int.random(in: 0...65_535, using: &random), times: bytes(), values: bytes())
      var last = Int64.min
      chunk.forEach { time, _ in
        #expect(time >= last, "seed \(seed)")
        last = time
        return true
      }
      _ = OpenChunk.resume(chunk)
      var entry = ChunkEntry()
      entry.count = UInt16(chunk.count)
      entry.firstTime = chunk.firstTime
      entry.firstBits = chunk.firstBits
      chunk.times.withUnsafeBufferPointer { times in
        chunk.values.withUnsafeBufferPointer { values in
          _ = DecimalCodec.forEach(entry, times, values) { _, _ in true }
        }
      }
    }
  }
}

import Decompression
import Foundation
import Synchronization
import Testing

/// A directory of its own for one test, gone with it; gzip files are made by the real gzip.
private final class Scratch {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/farwatch-gzip-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ data: Data) throws -> String {
    let name = path + "/\(UUID().uuidString).gz"
    try data.write(to: URL(fileURLWithPath: name))
    return name
  }

  func gzipped(_ data: Data, level: Int = 6) throws -> Data {
    let plain = path + "/plain"
    try data.write(to: URL(fileURLWithPath: plain))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
    process.arguments = ["-\(level)", "-k", "-f", plain]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try Data(contentsOf: URL(fileURLWithPath: plain + ".gz"))
  }
}

private func noise(_ count: Int) -> Data {
  var state: UInt64 = 0x9e37_79b9_7f4a_7c15
  return Data(
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    })
}

@Suite struct GzipFileTests {
  /// Sizes around the buffers of 64 KiB and the tail.
  @Test(arguments: [0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 400_000])
  func aWholeFileIsCompleteWithItsTail(size: Int) throws {
    let scratch = try Scratch()
    let data = noise(size)
    let report = GzipFile.check(path: try scratch.file(scratch.gzipped(data)))
    #expect(report.verdict == .complete)
    #expect(report.members == 1)
    #expect(report.decompressedBytes == UInt64(size))
    #expect(report.tail == Array(data.suffix(4096)))
  }

  @Test func everyCutIsNoticed() throws {
    let scratch = try Scratch()
    let whole = try scratch.gzipped(Data("a dump\n-- Dump completed\n".utf8))
    for length in 0..<whole.count {
      let report = GzipFile.check(path: try scratch.file(whole.prefix(length)))
      #expect(report.verdict == .truncated, "cut to \(length)")
    }
  }

  @Test func cutBySixBytesStillShowsTheTrailerButIsNotComplete() throws {
    let scratch = try Scratch()
    let whole = try scratch.gzipped(noise(200_000) + Data("\n-- Dump completed\n".utf8))
    let report = GzipFile.check(path: try scratch.file(whole.dropLast(6)))
    #expect(report.verdict == .truncated)
    #expect(String(decoding: report.tail.suffix(19), as: UTF8.self) == "\n-- Dump completed\n")
  }

  @Test func aChangedByteIsNoticedWhereverItIs() throws {
    let scratch = try Scratch()
    let whole = try scratch.gzipped(noise(3000))
    // Byte 3 on are flags, time and name, which no checksum covers; the data and its CRC and length are.
    for place in stride(from: 40, to: whole.count, by: 61) + [whole.count - 8, whole.count - 1, 0, 1, 2] {
      var damaged = whole
      damaged[place] ^= 0x10
      let verdict = GzipFile.check(path: try scratch.file(damaged)).verdict
      guard case .corrupt = verdict else {
        #expect(verdict == .truncated, "byte \(place)")
        continue
      }
    }
  }

  @Test func membersFollowEachOther() throws {
    let scratch = try Scratch()
    let first = try scratch.gzipped(noise(100_000))
    let second = try scratch.gzipped(Data("the end".utf8))
    let both = GzipFile.check(path: try scratch.file(first + second))
    #expect(both.verdict == .complete)
    #expect(both.members == 2)
    #expect(both.decompressedBytes == 100_007)
    #expect(GzipFile.check(path: try scratch.file(first + second.dropLast(1))).verdict == .truncated)
    #expect(GzipFile.check(path: try scratch.file(first + second.prefix(1))).verdict == .truncated)
    #expect(GzipFile.check(path: try scratch.file(first + Data(count: 70_000))).verdict == .complete)
    for garbage in ["x", "\u{1f}x", "garbage of some length"] {
      let report = GzipFile.check(path: try scratch.file(first + Data(garbage.utf8)))
      #expect(report.verdict == .trailingGarbage, "\(garbage)")
    }
    #expect(GzipFile.check(path: try scratch.file(first + Data([0, 0, 1]))).verdict == .trailingGarbage)
  }

  @Test func plainTextAndMissingFilesAreNoGzip() throws {
    let scratch = try Scratch()
    guard case .corrupt = GzipFile.check(path: try scratch.file(Data("SELECT 1;\n".utf8))).verdict else {
      Issue.record("plain text passed")
      return
    }
    #expect(GzipFile.check(path: "/nowhere.gz").verdict == .unreadable("No such file or directory"))
    guard case .unreadable = GzipFile.check(path: scratch.path).verdict else {
      Issue.record("a directory passed")
      return
    }
  }

  @Test func aBombEndsAtTheLimit() throws {
    let scratch = try Scratch()
    let bomb = try scratch.gzipped(Data(count: 20_000_000), level: 9)
    #expect(bomb.count < 30_000)
    let limits = GzipFile.Limits(decompressedBytes: 1_000_000)
    let report = GzipFile.check(path: try scratch.file(bomb), limits: limits)
    #expect(report.verdict == .limit)
    #expect(report.decompressedBytes < 1_100_000)
  }

  @Test func itStopsWhenToldAndAsksBeforeEachChunk() throws {
    let scratch = try Scratch()
    let file = try scratch.file(scratch.gzipped(noise(1_000_000)))
    var asked: [UInt64] = []
    let report = GzipFile.check(path: file) { bytes in
      asked.append(bytes)
      return asked.count < 4
    }
    #expect(report.verdict == .cancelled)
    #expect(asked == [0, 65_536, 131_072, 196_608])
  }
}

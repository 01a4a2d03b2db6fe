import FarwatchTesting
import Foundation
import Testing

@testable import Zstandard

@Suite struct ZstandardFrameTests {
  /// What zstd's own program makes of the frames.
  private func decompress(_ bytes: [UInt8]) async throws -> [UInt8] {
    let directory = try TemporaryDirectory("zstd")
    try Data(bytes).write(to: URL(filePath: directory.file("in.zst")))
    _ = try await ChildProcess.run([
      "zstd", "-q", "-d", directory.file("in.zst"), "-o", directory.file("out"),
    ])
    return try [UInt8](Data(contentsOf: URL(filePath: directory.file("out"))))
  }

  @Test func framesStandOneBehindTheOther() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    var plain: [UInt8] = []
    var frames: [UInt8] = []
    for length in [1, 100, 0, 70_000, 5] {
      let piece = (0..<length).map { _ in UInt8.random(in: 97...101, using: &random) }
      plain += piece
      frames += try #require(piece.withUnsafeBytes { ZstandardFrame.compress($0, level: 3) })
    }
    #expect(frames.count < plain.count / 2)
    #expect(try await decompress(frames) == plain, "seed \(seed)")
  }
}

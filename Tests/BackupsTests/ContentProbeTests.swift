import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Backups

/// What first and last bytes tell, shown with files that the real programs make.
@Suite struct ContentProbeTests {
  private static func probe(
    _ bytes: [UInt8], _ rules: BackupContentRules, whole: UInt64 = 1 << 30
  ) -> (content: BackupContent, read: Int) {
    var probe = ContentProbe(rules, size: UInt64(bytes.count), wholeLimit: whole, chunk: 1000)
    var read = 0
    while true {
      switch probe.next {
      case .done(let content): return (content, read)
      case .read(let range):
        read += range.count
        let isTaken = probe.take(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        #expect(isTaken)
      }
    }
  }

  private static func made(_ command: String) async throws -> [UInt8] {
    let folder = try TemporaryDirectory()
    var text = ""
    for row in 0..<3000 { text += "INSERT INTO t VALUES (\(row), '\(row &* 7919 % 10_007)');\n" }
    try folder.write("dump.sql", text + "-- Dump completed on 2026-01-31  2:00:01\n")
    try await ChildProcess.run(["sh", "-c", command], directory: folder.path)
    return Array(try Data(contentsOf: URL(filePath: folder.file("out"))))
  }

  private static func rules(
    _ archive: ArchiveKind? = nil, gzip: Bool = false, _ trailer: DumpTrailer = .none
  ) -> BackupContentRules {
    var rules = BackupContentRules(gzip: gzip, trailer: trailer)
    rules.archive = archive
    return rules
  }

  @Test(arguments: [
    (ArchiveKind.gzip, "gzip -c dump.sql > out", false), (.tar, "tar cf out dump.sql", true),
    (
      .xz, "python3 -c \"import lzma;open('out','wb').write(lzma.compress(open('dump.sql','rb').read()))\"",
      true
    ),
    (
      .bzip2, "python3 -c \"import bz2;open('out','wb').write(bz2.compress(open('dump.sql','rb').read()))\"",
      true
    ),
    (.zip, "python3 -c \"import zipfile;zipfile.ZipFile('out','w',8).write('dump.sql')\"", true),
  ])
  func archives(kind: ArchiveKind, command: String, isStrong: Bool) async throws {
    let whole = try await Self.made(command)
    let (content, read) = Self.probe(whole, Self.rules(kind))
    #expect(content == .good)
    #expect(read <= kind.tailBytes + ArchiveKind.headBytes)
    #expect(Self.probe(Array(whole.dropFirst(7)), Self.rules(kind)).content == .bad(.corrupt))
    #expect(Self.probe([], Self.rules(kind)).content == .bad(.corrupt))
    if isStrong {
      for cut in [1, 6, 100, whole.count / 2] {
        let judged = Self.probe(Array(whole.dropLast(cut)), Self.rules(kind)).content
        #expect(judged == .bad(.truncated), "\(kind) without \(cut) bytes")
      }
    }
  }

  /// The compression's strength decides how many bits the end is shifted by.
  @Test func everyShiftOfBzip2IsSeen() async throws {
    let lines = try await Self.made(
      "python3 -c \"import bz2;d=open('dump.sql','rb').read();"
        + "open('out','w').write('\\n'.join(bz2.compress(d[:n*31]).hex() for n in range(1,40)))\"")
    let all = String(decoding: lines, as: UTF8.self).split(separator: "\n")
    #expect(all.count == 39)
    for (number, line) in all.enumerated() {
      let digits = Array(line)
      let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
      }
      #expect(Self.probe(bytes, Self.rules(.bzip2)).content == .good, "\(number)")
      #expect(Self.probe(bytes.dropLast(), Self.rules(.bzip2)).content == .bad(.truncated), "\(number)")
    }
  }

  /// A gzip file cut by six bytes still decompresses to its trailer: only reading it whole finds that.
  @Test func gzipIsProvenOnlyByReadingAll() async throws {
    let whole = try await Self.made("gzip -c dump.sql > out")
    let rules = Self.rules(gzip: true, .mysqldump)
    let (content, read) = Self.probe(whole, rules)
    #expect(content == .good && read == whole.count)
    #expect(Self.probe(Array(whole.dropLast(6)), rules).content == .bad(.truncated))
    var damaged = whole
    damaged[whole.count / 2] ^= 0x55
    #expect(Self.probe(damaged, rules).content == .bad(.corrupt))
    #expect(Self.probe(whole, Self.rules(gzip: true, .pgDump)).content == .bad(.noTrailer))
    #expect(Self.probe(whole, rules, whole: 100).content == .bad(.limit))
    #expect(Self.probe(whole, rules, whole: 100).read == 0)
  }

  @Test func aPlainDumpIsReadAtItsEndOnly() async throws {
    let whole = try await Self.made("cat dump.sql > out")
    let rules = Self.rules(nil, .mysqldump)
    #expect(Self.probe(whole, rules) == (.good, 4096))
    #expect(Self.probe(Array(whole.dropLast(100)), rules).content == .bad(.noTrailer))
  }

  @Test func wildBytesDoNoHarm() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<500 {
      let kind = random.pick(ArchiveKind.allCases)
      let bytes = (0..<Int.random(in: 0..<700, using: &random)).map { _ in
        random.chance(40)
          ? random.pick([0, 0x50, 0x4b, 5, 6, 255, 0x59, 0x5a]) : UInt8.random(in: 0...255, using: &random)
      }
      _ = kind.problem(head: Array(bytes.prefix(512)), tail: bytes, size: UInt64(bytes.count))
    }
  }

  @Test func theBudgetHolds() {
    var budget = ReadBudget(perSecond: 1000, perHour: 3000)
    var now = MonotonicInstant(nanoseconds: 5_000_000_000)
    func take(_ expected: Duration) {
      let pause = budget.wait(for: 1000, now: now)
      #expect(pause == expected)
    }
    take(.zero)
    take(.seconds(1))
    now = now + .seconds(1)
    take(.zero)
    now = now + .seconds(1)
    take(.zero)
    now = now + .seconds(1)
    take(.seconds(3597))
    now = now + .seconds(3597)
    take(.zero)
    #expect(budget.largest == 3000)
  }
}

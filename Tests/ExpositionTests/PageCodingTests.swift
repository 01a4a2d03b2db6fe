import Decompression
import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Exposition

@Suite struct PageCodingTests {
  private let reader: ScriptedFamilies

  init() {
    var contents: [ScriptedFamilies.Content] = []
    for family in 0..<30 {
      var series: [(Labels, Double)] = []
      for number in 0..<50 {
        let labels = Labels(["series": "\(number)", "text": "some more words"])
        series.append((labels, Double(number * family) / 8))
      }
      let own = MetricFamily.gauge("family_\(100 + family)", "Number \(family).")
      contents.append(ScriptedFamilies.family(own, firstID: UInt32(family * 100), series))
    }
    reader = ScriptedFamilies(contents)
  }

  private func bytes(_ page: MetricsPage, _ coding: ContentCoding) -> [UInt8] {
    let body = page.body(coding)
    #expect(body.coding == coding)
    return body.segments.flatMap { Array($0.storage) }
  }

  /// What gzip's and zstd's own programs and Python's zlib make of the bytes.
  @Test func othersReadWhatIsCompressed() async throws {
    let renderer = PageRenderer(reader)
    let directory = try TemporaryDirectory("coding")
    for round in 0..<2 {
      let page = renderer.render()
      let programs: [(ContentCoding, [String])] = [
        (.gzip, ["gzip", "-dc"]), (.zstandard, ["zstd", "-qdc"]),
      ]
      for (coding, program) in programs {
        let packed = bytes(page, coding)
        #expect(packed.count < page.count / 3)
        let file = directory.file("page.\(coding == .gzip ? "gz" : "zst")")
        try Data(packed).write(to: URL(filePath: file))
        #expect(try await ChildProcess.run(program + [file]) == page.text)
      }
      // One member and nothing behind it: readers that stop at the first one see all.
      let check =
        "import sys,zlib; d=zlib.decompressobj(31); n=len(d.decompress(open(sys.argv[1],'rb').read())); "
        + "print(n, d.eof, len(d.unused_data))"
      let said = try await ChildProcess.run(["python3", "-c", check, directory.file("page.gz")])
      #expect(said.split(whereSeparator: \.isWhitespace) == ["\(page.count)", "True", "0"])
      reader.change("family_107") { $0.series[round].value = 99.5 }
    }
    let empty = PageRenderer(ScriptedFamilies()).render()
    try Data(bytes(empty, .gzip)).write(to: URL(filePath: directory.file("empty.gz")))
    #expect(try await ChildProcess.run(["gzip", "-dc", directory.file("empty.gz")]) == "")
  }

  /// What slow readers may hold is bounded by this count.
  @Test func codingsAreHeldBytes() {
    let size = 16 << 20
    // Nothing makes these bytes shorter, so each coding takes as much again; other tests hold little.
    var writer = ByteWriter(capacity: size)
    let noise = (0..<size / 8).map { _ in UInt64.random(in: 0 ... .max) }
    noise.withUnsafeBytes { writer.append($0) }
    var segment: PageSegment? = writer.finish()
    let plain = PageSegment.heldBytes
    _ = segment?.deflated { Deflater(level: 1) }
    _ = segment?.frame()
    #expect(PageSegment.heldBytes - plain > size * 3 / 2)
    segment = nil
    #expect(PageSegment.heldBytes < plain)
  }

  @Test func aFamilyThatStayedIsNotCompressedAgain() {
    let renderer = PageRenderer(reader)
    _ = renderer.render().body(.gzip)
    reader.change("family_107") { $0.series[3].value = -1 }
    let page = renderer.render()
    let fresh = page.segments.indices.filter { page.segments[$0].deflated(by: { nil }) == nil }
    #expect(fresh == [7])
  }

  @Test func whatIsAskedForAgainIsMadeOnce() {
    let renderer = PageRenderer(reader)
    for coding in ContentCoding.allCases {
      let first = renderer.render().body(coding).segments
      let second = renderer.render().body(coding).segments
      let third = renderer.render().body(coding).segments
      #expect(second.count == 1 && second[0] === third[0])
      // Bare bytes are joined when somebody asks for the second time.
      #expect(first.count == (coding == .identity ? 30 : 1))
      #expect(first.flatMap { Array($0.storage) } == Array(second[0].storage))
    }
  }

  @Test func aPartOfThePageIsAPageOfItsOwn() {
    let page = PageRenderer(reader).render(.negotiate(accept: "application/openmetrics-text"))
    let part = page.keeping { ["family_103", "family_129"].contains($0.name) }
    #expect(part.segments.count == 3 && part.text.hasSuffix("# EOF\n"))
    #expect(part.contentType == page.contentType && part.entityTag(.gzip) != page.entityTag(.gzip))
    #expect(page.keeping { _ in false }.text == "# EOF\n")
    #expect(page.keeping { _ in true }.entityTag(.gzip) == page.entityTag(.gzip))
  }

  @Test func onlyWhatIsAskedForIsKept() {
    let renderer = PageRenderer(reader)
    let formats = [
      "text/plain", "application/openmetrics-text", "text/plain;escaping=dots", "text/plain;escaping=values",
      "text/plain;escaping=allow-utf-8",
    ]
    for accept in formats { _ = renderer.render(.negotiate(accept: accept)) }
    let reads = reader.reads
    _ = renderer.render(.negotiate(accept: formats[4]))
    #expect(reader.reads == reads)
    // Five were asked for and four are kept.
    _ = renderer.render(.negotiate(accept: formats[0]))
    #expect(reader.reads == reads + 30)
  }
}

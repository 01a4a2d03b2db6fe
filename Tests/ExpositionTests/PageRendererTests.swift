import Exposition
import Foundation
import Model
import Synchronization
import Testing

@Suite struct PageRendererTests {
  @Test func aPageReadsAsTheFormatSays() {
    let reader = ScriptedFamilies([
      ScriptedFamilies.family(
        .gauge("farwatch_lag_seconds", "Lag, by \"region\".\nA second line, a \\."),
        [
          (["region": "eu", "target": "a\"b\\c\nd"], 0.25),
          (["__name__": "farwatch_lag_seconds"], 1e6),
          (["region": "äöü 日本"], .nan),
        ]),
      ScriptedFamilies.family(.counter("farwatch_probes_total", "Probes."), firstID: 10, [(.empty, 12)]),
      ScriptedFamilies.family(.init("odd", .untyped, help: ""), firstID: 20, [(["a": "b"], -.infinity)]),
    ])
    let page = PageRenderer(reader).render()
    #expect(page.contentType == "text/plain; version=0.0.4; charset=utf-8")
    #expect(
      page.text == """
        # HELP farwatch_lag_seconds Lag, by "region".\\nA second line, a \\\\.
        # TYPE farwatch_lag_seconds gauge
        farwatch_lag_seconds{region="eu",target="a\\"b\\\\c\\nd"} 0.25
        farwatch_lag_seconds 1e+06
        farwatch_lag_seconds{region="äöü 日本"} NaN
        # HELP farwatch_probes_total Probes.
        # TYPE farwatch_probes_total counter
        farwatch_probes_total 12
        # HELP odd \n# TYPE odd untyped
        odd{a="b"} -Inf

        """)
    #expect(page.count == page.bytes.count)
  }

  @Test func familiesStandInOrderAndNoneIsEmpty() throws {
    let reader = ScriptedFamilies([
      ScriptedFamilies.family(.gauge("b", "B."), [(.empty, 1)]),
      ScriptedFamilies.family(.gauge("empty", "Nothing."), []),
      ScriptedFamilies.family(.gauge("a_b", "AB."), [(.empty, 1)]),
      ScriptedFamilies.family(.gauge("a", "A."), [(.empty, 1)]),
      ScriptedFamilies.family(.gauge("Z", "Z."), [(.empty, 1)]),
    ])
    #expect(try ReadPage(PageRenderer(reader).render().text).names == ["Z", "a", "a_b", "b"])
    #expect(PageRenderer(ScriptedFamilies()).render().count == 0)
  }

  @Test(arguments: [false, true]) func onlyTheChangedFamilyIsRenderedAgain(keepsAccount: Bool) {
    let reader = ScriptedFamilies(
      (0..<100).map { family in
        ScriptedFamilies.family(
          .gauge("family_\(100 + family)", "Number \(family)."), firstID: UInt32(family * 100),
          (0..<100).map { (["series": "\($0)"], Double($0) / 8) })
      }, keepsAccount: keepsAccount)
    let renderer = PageRenderer(reader)
    let first = renderer.render()
    #expect(renderer.statistics.familiesRendered == 100)
    #expect(renderer.statistics.series == 10_000)
    #expect(renderer.render().segments.elementsEqual(first.segments) { $0 === $1 })
    #expect(reader.reads == 100)

    reader.change("family_142") { $0.series[7].value = 99 }
    let second = renderer.render()
    #expect(renderer.statistics.familiesRendered == 101)
    #expect(reader.reads(of: "family_142") == 2)
    let changed = zip(first.segments, second.segments).enumerated().filter { $0.element.0 !== $0.element.1 }
    #expect(changed.map(\.offset) == [42])
    #expect(second.text.contains("family_142{series=\"7\"} 99\n"))
    // The page that was handed out before stays what it was.
    #expect(first.text.contains("family_142{series=\"7\"} 0.875\n"))
  }

  @Test func manyScrapesAtOnceRenderOnce() async {
    let reader = ScriptedFamilies(
      (0..<20).map { family in
        ScriptedFamilies.family(
          .gauge("family_\(100 + family)", "Help."), firstID: UInt32(family * 500),
          (0..<500).map { (["series": "\($0)"], Double($0)) })
      })
    let renderer = PageRenderer(reader)
    for round in 1...5 {
      let texts = await withTaskGroup(of: String.self) { group in
        for _ in 0..<16 { group.addTask { renderer.render().text } }
        return await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(texts.count == 1)
      #expect(reader.reads == 20 * round)
      for family in 0..<20 { reader.change("family_\(100 + family)") { $0.series[round].value += 0.5 } }
    }
  }

  /// Whatever happens to the series, the page is the one that a fresh renderer writes, and an independent reader finds
  /// in it what the store holds.
  @Test(arguments: [false, true]) func aPageWrittenInStepsEqualsAFreshOne(keepsAccount: Bool) throws {
    var random = SplitMix(state: 20_260_101)
    let reader = ScriptedFamilies(
      (0..<6).map { ScriptedFamilies.family(.gauge("family_\($0)", "Help."), []) }, keepsAccount: keepsAccount
    )
    let renderer = PageRenderer(reader)
    var nextID: UInt32 = 1
    let texts = ["", "plain", "q\"", "b\\", "n\n", "{},=", "é", "\u{0}", "\r"]
    for _ in 0..<400 {
      reader.change("family_\(Int.random(in: 0..<6, using: &random))") { family in
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
          let place = Int.random(in: 0...family.series.count, using: &random)
          let value = texts[Int.random(in: 0..<texts.count, using: &random)]
          let name = Int.random(in: 0..<8, using: &random) == 0 ? "bad-name" : "text"
          let labels = Labels([Label("id", "\(nextID)"), Label(name, value)])
          family.series.insert((SeriesID(raw: nextID), labels, Double(nextID)), at: place)
          nextID += 1
        case 2 where !family.series.isEmpty:
          family.series.remove(at: Int.random(in: 0..<family.series.count, using: &random))
        case 3: family.series.shuffle(using: &random)
        default:
          for place in family.series.indices where Bool.random(using: &random) {
            family.series[place].value = Double(bitPattern: random.next())
          }
        }
      }
      if Int.random(in: 0..<20, using: &random) == 0 {
        let name = "family_\(Int.random(in: 0..<6, using: &random))"
        reader.remove(name)
        reader.add(ScriptedFamilies.family(.gauge(name, "Help."), firstID: nextID, [(["id": "0"], 1)]))
        nextID += 1
      }
      let fresh = PageRenderer(reader)
      let page = renderer.render()
      #expect(page.bytes == fresh.render().bytes)
      var known = renderer.statistics
      (known.pages, known.familiesRendered) = (fresh.statistics.pages, fresh.statistics.familiesRendered)
      #expect(known == fresh.statistics)
      let read = try ReadPage(page.text)
      for (family, _) in reader.familyVersions() {
        var held: [[String]] = []
        _ = reader.readFamily(family) { _, labels, value in
          if labels["bad-name"] == nil {
            held.append([labels["id"] ?? "", labels["text"] ?? "", NumberText.shortest(value)])
          }
        }
        let found = read.families[family.name]?.samples.map {
          [$0.labels["id"] ?? "", $0.labels["text"] ?? "", $0.value]
        }
        #expect(found ?? [] == held)
      }
    }
  }

  @Test(arguments: [false, true]) func whatCannotBeWrittenIsLeftOffAndCounted(keepsAccount: Bool) throws {
    let reader = ScriptedFamilies(
      [
        ScriptedFamilies.family(.gauge("9lives", "No name."), firstID: 1, [(.empty, 1)]),
        ScriptedFamilies.family(.gauge("a b", "No name."), firstID: 2, [(.empty, 1)]),
        ScriptedFamilies.family(.gauge("", "No name."), firstID: 3, [(.empty, 1)]),
        ScriptedFamilies.family(
          .gauge("good", "Good."), firstID: 4,
          [
            (["ok": "1"], 1), (["no-good": "1"], 2), (["__meta": "1"], 3), (["__name__": "other"], 4),
            (["é": "1"], 5),
          ]),
        ScriptedFamilies.family(.gauge("good", "Twice."), firstID: 14, [(.empty, 1)]),
        ScriptedFamilies.family(.gauge("lost", "All refused."), firstID: 24, [(["1": "1"], 1)]),
      ], keepsAccount: keepsAccount)
    let renderer = PageRenderer(reader)
    for _ in 0..<3 {
      let page = try ReadPage(renderer.render().text)
      #expect(page.names == ["good"])
      #expect(page.families["good"]?.samples.count == 1)
      let statistics = renderer.statistics
      #expect(statistics.familiesRefused == 4)
      #expect(statistics.seriesRefused == 5)
      #expect(statistics.families == 1)
      #expect(statistics.series == 1)
      #expect(Set(statistics.refusedIn) == ["9lives", "a b", "", "good", "lost"])
      reader.change("lost") { $0.series[0].value += 1 }
      reader.change("good") { $0.series[0].value += 1 }
    }
    reader.remove("9lives")
    reader.change("lost") { $0.series[0] = (SeriesID(raw: 99), ["fine": "1"], 1) }
    #expect(try ReadPage(renderer.render().text).names == ["good", "lost"])
    #expect(renderer.statistics.familiesRefused == 3)
  }

  @Test func histogramsAndSummariesKeepTheirNames() throws {
    let reader = ScriptedFamilies([
      ScriptedFamilies.family(
        .init("h", .histogram, help: "H."),
        [
          (["__name__": "h_bucket", "le": "0.1"], 1), (["__name__": "h_bucket", "le": "+Inf"], 2),
          (["__name__": "h_sum"], 0.5), (["__name__": "h_count"], 2), (.empty, 3),
          (["__name__": "h_bucket"], 4),
        ]),
      ScriptedFamilies.family(
        .init("s", .summary, help: "S."), firstID: 10,
        [
          (["quantile": "0.5"], 1), (["__name__": "s_sum"], 3), (["__name__": "s_count"], 3), (.empty, 3),
        ]),
    ])
    let renderer = PageRenderer(reader)
    let page = try ReadPage(renderer.render().text)
    #expect(page.families["h"]?.samples.map(\.name) == ["h_bucket", "h_bucket", "h_sum", "h_count"])
    #expect(page.families["s"]?.samples.map(\.name) == ["s", "s_sum", "s_count"])
    #expect(renderer.statistics.seriesRefused == 3)
    try expectPromtoolSilent(renderer.render().bytes)
  }

  @Test func promtoolHasNothingToSay() throws {
    let reader = ScriptedFamilies([
      ScriptedFamilies.family(
        .gauge("farwatch_replication_lag_seconds", "Replication lag."),
        [
          (["region": "eu", "text": "quote \" slash \\ feed \n tab \t ä\u{0}"], 1.5),
          (["region": "us"], .nan),
          (["region": "ap"], .infinity), (["region": "sa"], 1.7e9),
          (["region": "af"], .leastNonzeroMagnitude),
        ]),
      ScriptedFamilies.family(
        .counter("farwatch_probes_total", "Probes \\ done."), firstID: 20, [(.empty, 1e15)]),
    ])
    try expectPromtoolSilent(PageRenderer(reader).render().bytes)
  }

  private func expectPromtoolSilent(_ page: [UInt8]) throws {
    let promtool = Process()
    promtool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    promtool.arguments = ["promtool", "check", "metrics"]
    let input = Pipe()
    let output = Pipe()
    promtool.standardInput = input
    promtool.standardOutput = output
    promtool.standardError = output
    try promtool.run()
    try input.fileHandleForWriting.write(contentsOf: page)
    try input.fileHandleForWriting.close()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    promtool.waitUntilExit()
    #expect(said == "")
    #expect(promtool.terminationStatus == 0)
  }
}

/// Random numbers that a seed repeats.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

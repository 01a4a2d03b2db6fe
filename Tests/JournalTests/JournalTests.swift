import FarwatchTesting
import Model
import Testing

@testable import Journal

@Suite struct JournalTests {
  @Test func whatIsWrittenIsReadAgain() throws {
    var book = JournalBook()
    var table = Table()
    let entries = (0..<50).map { entry($0) } + [JournalEntry(at: start, kind: .started)]
    table.apply(book.append(entries, at: start))
    #expect(table.entries.map { JournalRow.decode($0.value)?.entry } == entries)
    #expect(table.entries.map { JournalRow.decode($0.value)?.sequence } == Array(1...51))
    #expect(table.entries.allSatisfy { JournalRow.head($0.value)?.at == start })
    #expect(book.newest.map(\.entry) == entries && book.count == 51)
    let extent = try table.verdict.get()
    #expect(extent.first == 1 && extent.last == 51 && extent.count == 51 && extent.hash == book.head.hash)
  }

  /// Whoever doubts this program checks with another one.
  @Test func anybodyCanCheckAHash() async throws {
    var book = JournalBook()
    var table = Table()
    table.apply(
      book.append([entry(0), JournalEntry(at: start, kind: .firing, detail: ["a": "b"])], at: start))
    let value = table.text(2)
    let tail = try #require(value.firstRange(of: #","previous":""#))
    let previous = value[tail.upperBound...].prefix(64)
    let hash = value.dropLast(2).suffix(64)
    let output = try await ChildProcess.run([
      "sh", "-c", #"printf %s "$1" | sha256sum"#, "sh", String(previous + value[..<tail.lowerBound]),
    ])
    #expect(output.prefix(64) == hash)
    #expect(table.text(1).dropLast(2).suffix(64) == previous)
  }

  @Test func anEmptyJournalHolds() throws {
    #expect(try JournalCheck.verify([]).get().count == 0)
    var book = JournalBook()
    #expect(book.append([], at: start).isEmpty && book.sweep(now: start).isEmpty)
  }

  /// Every kind of tampering is found at its first place.
  @Test func tamperingIsFound() throws {
    var book = JournalBook()
    var table = Table()
    table.apply(book.append((0..<20).map { entry($0) }, at: start))
    func expect(
      _ kind: JournalCheck.Fault.Kind, _ place: Int?, _ change: (inout Table) -> Void,
      _ location: SourceLocation = #_sourceLocation
    ) {
      var copy = table
      change(&copy)
      guard case .failure(let fault) = copy.verdict else {
        Issue.record("not found", sourceLocation: location)
        return
      }
      #expect(fault.kind == kind && fault.sequence == place, "\(fault)", sourceLocation: location)
    }
    let key = JournalRow.key
    func replacing(_ sequence: Int, _ old: String, _ new: String) -> [UInt8] {
      Array(table.text(sequence).replacing(old, with: new).utf8)
    }
    expect(.changed, 5) { $0.rows[key(5)] = replacing(5, "pager", "mail") }
    expect(.changed, 5) { $0.rows[key(5)] = Array("{}".utf8) }
    expect(.changed, 5) { $0.rows[key(5)] = $0.rows[key(6)] }
    expect(.changed, 5) { $0.rows[key(5)]?[60] ^= 1 }
    expect(.removed, 7) { $0.rows[key(7)] = nil }
    expect(.removed, 1) { for n in 1...3 { $0.rows[key(n)] = nil } }
    expect(.removed, 19) { for n in 19...20 { $0.rows[key(n)] = nil } }
    expect(.inserted, 21) { $0.rows[key(21)] = $0.rows[key(20)] }
    expect(.inserted, nil) { $0.rows["00000000000000000007b"] = $0.rows[key(7)] }
    expect(.removed, nil) { $0.rows[JournalEnds.key] = nil }
    expect(.changed, nil) { $0.rows[JournalEnds.key] = Array("{}".utf8) }
    // With a hash of its own that fits: the entry behind it tells.
    expect(.changed, 6) { copy in
      var forger = JournalBook(restoring: copy.sorted.filter { byteOrder($0.key, key(5)) })
      forger.setEnd(copy, 4)
      for row in forger.append([entry(99)], at: start) where row.key == key(5) { copy.apply([row]) }
    }
    // And the newest one, which has none behind it: the ends tell.
    expect(.changed, 20) { copy in
      var forger = JournalBook(restoring: copy.sorted)
      forger.setEnd(copy, 19)
      for row in forger.append([entry(99)], at: start) where row.key == key(20) { copy.apply([row]) }
    }
  }

  @Test func anyByteOfAnyRowCounts() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    var book = JournalBook()
    var table = Table()
    table.apply(book.append((0..<10).map { entry($0) }, at: start))
    for _ in 0..<300 {
      let sequence = Int.random(in: 1...10, using: &random)
      var copy = table
      let row = try #require(copy.rows[JournalRow.key(sequence)])
      copy.rows[JournalRow.key(sequence)]?[Int.random(in: 0..<row.count, using: &random)] ^= UInt8(
        Int.random(in: 1...255, using: &random))
      guard case .failure(let fault) = copy.verdict else {
        Issue.record("seed \(seed): a change of entry \(sequence) was not found")
        continue
      }
      #expect(fault.sequence == sequence, "seed \(seed): \(fault)")
    }
  }

  /// Restarts at any point, a clock that jumps, retention by age and by count: the chain always holds.
  @Test func theChainOutlivesRestartsClocksAndRetention() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<6 {
      var settings = JournalSettings()
      settings.retention = random.pick([.seconds(3600), .seconds(86_400)])
      settings.maximumEntries = random.pick([100, 1000, 1_000_000])
      var book = JournalBook(settings: settings)
      var table = Table()
      var now = start
      var written = 0
      for _ in 0..<200 {
        switch Int.random(in: 0..<60, using: &random) {
        case 0: book = JournalBook(settings: settings, restoring: table.newest)
        case 1...6: now = now + .seconds(Int.random(in: -7200...7200, using: &random))
        case 7...20: table.apply(book.sweep(now: now))
        default:
          let some = (0..<Int.random(in: 1...40, using: &random)).map { entry(written + $0, at: now) }
          written += some.count
          table.apply(book.append(some, at: now))
        }
        now = now + .seconds(Int.random(in: 0...300, using: &random))
      }
      #expect(book.restoreProblems == [], "seed \(seed)")
      let extent = try table.verdict.get()
      #expect(extent.last == written && extent.count == book.count, "seed \(seed)")
      while true {
        let changes = book.sweep(now: now)
        if changes.isEmpty { break }
        table.apply(changes)
      }
      _ = try table.verdict.get()
      #expect(book.count <= max(16, settings.maximumEntries / 4) + settings.maximumEntries, "seed \(seed)")
      #expect(table.entries.count == book.count, "seed \(seed)")
    }
  }

  @Test func whatIsTooOldGoesAndNothingElse() throws {
    var book = JournalBook()
    var table = Table()
    for day in 0..<200 {
      let now = start + .seconds(day * 86_400)
      table.apply(book.append((0..<10).map { entry($0, at: now) }, at: now))
      table.apply(book.sweep(now: now))
    }
    let ages = table.entries.compactMap { JournalRow.head($0.value)?.at }
    let end = start + .seconds(199 * 86_400)
    #expect(ages.contains { end - $0 == .seconds(90 * 86_400) })
    #expect(ages.allSatisfy { end - $0 <= .seconds(92 * 86_400) })
    _ = try table.verdict.get()
    // Quiet for a year: the last ones go as well, and the chain goes on behind them.
    let later = end + .seconds(365 * 86_400)
    for pass in 0..<100 { table.apply(book.sweep(now: later + .seconds(pass * 86_400))) }
    #expect(table.entries.isEmpty && book.count == 0 && book.newest.isEmpty)
    book = JournalBook(restoring: table.newest)
    table.apply(book.append([entry(1)], at: later))
    #expect(try table.verdict.get().first == 2001)
  }

  /// Two entries that retention removed are not two that somebody removed.
  @Test func removingOneMoreThanRetentionDidIsFound() throws {
    var settings = JournalSettings()
    settings.maximumEntries = 100
    var book = JournalBook(settings: settings)
    var table = Table()
    for n in 0..<300 { table.apply(book.append([entry(n)], at: start)) }
    for _ in 0..<100 { table.apply(book.sweep(now: start)) }
    let first = try #require(try table.verdict.get().first)
    #expect(first > 100)
    table.rows[JournalRow.key(first)] = nil
    #expect(throws: JournalCheck.Fault.self) { try table.verdict.get() }
  }

  @Test func aStormIsCheapAndBounded() throws {
    let storm = (0..<30_000).map { entry($0) }
    var book = JournalBook()
    var table = Table()
    let clock = ContinuousClock()
    let took = clock.measure { table.apply(book.append(Array(storm.prefix(10_000)), at: start)) }
    print("JournalTests: 10,000 entries in \(took)")
    #expect(took < .seconds(5))
    table.apply(book.append(storm, at: start))
    #expect(book.count == 10_000 + JournalBook.turnLimit + 1)
    #expect(book.newest.count <= 2 * JournalBook.newestLimit)
    let summary = try #require(book.newest.last?.entry)
    #expect(summary.kind == .omitted && summary.detail["entries"] == "10000")
    let sum = summary.detail.filter { $0.key != "entries" }.values.compactMap { Int($0) }.reduce(0, +)
    #expect(sum == 10_000 && book.statistics.omitted == 10_000)
    _ = try table.verdict.get()
  }

  @Test func damagedRowsAreSaidAndNeverOverwritten() throws {
    var book = JournalBook()
    var table = Table()
    table.apply(book.append((0..<20).map { entry($0) }, at: start))
    table.rows[JournalRow.key(25)] = Array("damaged".utf8)
    table.rows[JournalRow.key(24)] = table.rows[JournalRow.key(20)]
    book = JournalBook(restoring: table.newest)
    #expect(book.restoreProblems.count == 2)
    let before = table.rows
    table.apply(book.append([entry(1)], at: start))
    #expect(
      before.keys.allSatisfy { $0 == JournalEnds.key || table.rows[$0] == before[$0] || $0.hasSuffix("25") })
    table.rows[JournalEnds.key] = nil
    #expect(JournalBook(restoring: table.newest).head.sequence == 25)
  }

  @Test func foreignRowsNeverCrash() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    var book = JournalBook()
    var table = Table()
    table.apply(book.append((0..<10).map { entry($0) }, at: start))
    table.apply(book.sweep(now: start + .seconds(200 * 86_400)))
    print("JournalTests.foreignRowsNeverCrash: seed \(seed)")
    let pieces = table.sorted.map(\.value)
    for _ in 0..<400 {
      var copy = table.sorted
      for _ in 0..<3 {
        let place = Int.random(in: 0..<copy.count, using: &random)
        var value = random.pick(pieces)
        let from = Int.random(in: 0...value.count, using: &random)
        let to = Int.random(in: from...value.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: value.removeSubrange(from..<to)
        case 1: value.replaceSubrange(from..<to, with: Array("9223372036854775807".utf8))
        case 2: value.replaceSubrange(from..<to, with: Array("-9".utf8))
        default: value = value.map { random.chance(5) ? UInt8.random(in: 0...255, using: &random) : $0 }
        }
        copy[place].value = value
        if random.chance(20) {
          copy[place].key = random.pick(["", "9", JournalRow.key(.max), "x", JournalMarks.key])
        }
      }
      _ = JournalCheck.verify(copy)
      for row in copy { _ = (JournalRow.decode(row.value), JournalRow.head(row.value)) }
      var restored = JournalBook(restoring: copy)
      _ = restored.append([entry(0)], at: start)
      _ = restored.sweep(now: start + .seconds(300 * 86_400))
    }
  }
}

extension JournalBook {
  /// As if the entry `sequence` of `table` had been the last.
  fileprivate mutating func setEnd(_ table: Table, _ sequence: Int) {
    let text = table.text(sequence)
    var rows = table.sorted.filter {
      $0.key != JournalEnds.key && byteOrder($0.key, JournalRow.key(sequence + 1))
    }
    rows.append(
      (
        JournalEnds.key,
        Array(
          #"{"version":1,"removed":{"sequence":0},"last":{"sequence":\#(sequence),"hash":"\#(text.dropLast(2).suffix(64))"}}"#
            .utf8)
      ))
    self = JournalBook(restoring: rows)
  }
}

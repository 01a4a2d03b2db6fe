import Collecting
import FarwatchTesting
import Model
import ObjectStores
import Testing

@testable import Backups

private let now = Timestamp(year: 2026, month: 6, day: 15, hour: 12)

private func settings(
  match: String = "*", every: Duration = .seconds(300),
  _ change: (inout ObjectBackupSettings) -> Void = { _ in }
) throws -> ObjectBackupSettings {
  var basics = BackupBasics(job: "orders", region: "eu", repo: "", every: every)
  basics.settle = .zero
  let place = StorePlace.s3(S3Place(bucket: "b", access: .anonymous))
  var settings = ObjectBackupSettings(
    basics: basics, naming: BackupNaming(match: try Glob(match)), place: place, prefix: "db/")
  settings.window = 10
  change(&settings)
  return settings
}

private func stamp(_ time: Timestamp) -> String {
  let c = time.civil
  return padded(c.year, 4) + padded(c.month, 2) + padded(c.day, 2) + "T" + padded(c.hour, 2)
    + padded(c.minute, 2) + padded(c.second, 2)
}

/// The backup that is `number` intervals of five minutes old.
private func dump(_ number: Int, size: UInt64 = 1000, name: String? = nil) -> ObjectEntry {
  let time = now - .seconds(300 * number)
  return ObjectEntry(
    name: name ?? "db/dump_\(stamp(time)).sql.gz", size: size, modified: time, version: "e\(number)-\(size)")
}

/// Lists `objects` in pages, as a store does that heeds where to begin.
private func run(
  _ listing: ObjectListing, _ objects: [ObjectEntry], pageSize: Int = 7
) -> (tally: ObjectTally?, failure: FailureReason?, asked: Int) {
  var listing = listing
  let sorted = objects.sorted { byteOrder($0.name, $1.name) }
  var step = listing.first
  var asked = 0
  while true {
    switch step {
    case .done(let tally): return (tally, nil, asked)
    case .failed(let reason, _): return (nil, reason, asked)
    case .page(let query):
      asked += 1
      let from = query.continuation ?? query.startAfter ?? ""
      let left = sorted.filter { byteOrder(from, $0.name) }
      var page = ListingPage(entries: Array(left.prefix(pageSize)), next: nil)
      if left.count > pageSize { page.next = page.entries.last?.name }
      step = listing.take(page, now: now)
    }
  }
}

private func value(_ readings: [Reading], _ family: MetricFamily, _ labels: Labels = .empty) -> Double? {
  readings.first { $0.family == family && $0.labels == labels }?.value
}

@Suite struct ObjectListingTests {
  @Test func manyAreJudgedAsIfAllWereKept() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<12 {
      let count = Int.random(in: 0..<120, using: &random)
      let objects = (0..<count).filter { _ in !random.chance(10) }.map { number in
        dump(number, size: random.chance(10) ? 0 : UInt64.random(in: 900...1100, using: &random))
      }
      var small = ObjectBackupState(try settings())
      var large = ObjectBackupState(try settings { $0.window = 1000 })
      for state in 0..<2 {
        let settings = try settings { $0.window = state == 0 ? 10 : 1000 }
        let listing = ObjectListing(settings)
        let tally = try #require(run(listing, objects).tally)
        #expect(tally.window.count <= settings.window)
        if state == 0 {
          small.listed(tally, listing, at: now, .init(nanoseconds: 0))
        } else {
          large.listed(tally, listing, at: now, .init(nanoseconds: 0))
        }
      }
      let (a, b) = (small.readings(at: now), large.readings(at: now))
      for family in [
        BackupFamilies.retained, BackupFamilies.totalSize, BackupFamilies.lastSuccess,
        BackupFamilies.oldestRestorable, BackupFamilies.entries, BackupFamilies.lastAttempt,
        BackupFamilies.unverified, BackupFamilies.timeDisagreements,
      ] {
        #expect(value(a, family) == value(b, family), "\(family.name), seed \(seed)")
      }
      let empty: Labels = ["reason": "empty"]
      #expect(
        value(a, BackupFamilies.rejected, empty) == value(b, BackupFamilies.rejected, empty), "seed \(seed)")
    }
  }

  @Test func whatIsKnownIsNotListedAgain() throws {
    let settings = try settings()
    var state = ObjectBackupState(settings)
    let start = MonotonicInstant(nanoseconds: 0)
    var objects = (1...100).map { dump($0) }
    let full = state.listing(inOrder: true, now: start)
    #expect(full.isFull)
    let first = run(full, objects)
    #expect(first.asked == 15)
    state.listed(try #require(first.tally), full, at: now, start)

    objects.append(dump(0, size: 1200))
    let next = state.listing(inOrder: true, now: start)
    #expect(!next.isFull)
    let second = run(next, objects)
    #expect(second.asked == 2)
    state.listed(try #require(second.tally), next, at: now, start)
    let readings = state.readings(at: now)
    #expect(value(readings, BackupFamilies.retained) == 101)
    #expect(value(readings, BackupFamilies.entries) == 101)
    #expect(value(readings, BackupFamilies.totalSize) == 101_200)
    #expect(value(readings, BackupFamilies.lastSuccess) == now.seconds)
    #expect(value(readings, BackupFamilies.lastSize) == 1200)
    #expect(value(readings, BackupFamilies.oldestRestorable) == (now - .seconds(30_000)).seconds)
    // All are listed now and then: only that shows what a retention took away.
    #expect(state.listing(inOrder: true, now: start + .seconds(7 * 3600)).isFull)
    #expect(state.listing(inOrder: false, now: start).isFull)

    // Where some of the newest vanish the others are looked at as well.
    let third = state.listing(inOrder: true, now: start)
    state.listed(try #require(run(third, Array(objects.dropLast(3))).tally), third, at: now, start)
    #expect(state.listing(inOrder: true, now: start).isFull)
  }

  @Test func namesThatDoNotSortByTimeAreAllListed() throws {
    let settings = try settings()
    var state = ObjectBackupState(settings)
    let start = MonotonicInstant(nanoseconds: 0)
    // The day first, as people write it.
    let objects = (1...100).map { dump($0, name: "db/\(padded($0 * 37 % 101, 3)).gz") }
    let full = state.listing(inOrder: true, now: start)
    state.listed(try #require(run(full, objects).tally), full, at: now, start)
    #expect(value(state.readings(at: now), BackupFamilies.lastSuccess) == (now - .seconds(300)).seconds)
    #expect(state.listing(inOrder: true, now: start).isFull)
  }

  @Test func theNewestMayStandOnAnyPage() throws {
    let objects = (1...30).map { dump($0, name: "db/\(padded(99 - $0, 2)).gz") } + [dump(0, name: "db/00.gz")]
    let tally = try #require(run(ObjectListing(try settings()), objects).tally)
    #expect(tally.window.last?.time == now)
  }

  @Test func limitsAndEndlessListingsAreTold() throws {
    let many = (0..<50).map { dump($0) }
    #expect(run(ObjectListing(try settings { $0.objectsLimit = 49 }), many).failure == .limit)
    #expect(run(ObjectListing(try settings { $0.objectsLimit = 50 }), many).failure == nil)

    var listing = ObjectListing(try settings())
    _ = listing.take(ListingPage(entries: [dump(1)], next: "same"), now: now)
    guard case .failed(.protocolError, _) = listing.take(ListingPage(entries: [], next: "same"), now: now)
    else {
      Issue.record("a listing that goes in a circle")
      return
    }
    var empty = ObjectListing(try settings())
    var pages = 0
    while pages < 5000, case .page = empty.take(ListingPage(entries: [], next: "\(pages)"), now: now) {
      pages += 1
    }
    #expect(pages == 999)
  }

  @Test func membersMakeABackupWhole() throws {
    let required = [try Glob("data.tar"), try Glob("manifest.json")]
    let settings = try settings { $0.members = BackupMembers(required: required) }
    func member(_ number: Int, _ name: String, size: UInt64 = 10) -> ObjectEntry {
      var entry = dump(number, size: size)
      entry.name = "db/\(stamp(now - .seconds(300 * number)))/\(name)"
      return entry
    }
    let objects =
      (1...25).flatMap { [member($0, "data.tar"), member($0, "more/1"), member($0, "manifest.json")] }
      + [member(0, "data.tar")]
    let listing = ObjectListing(settings)
    let tally = try #require(run(listing, objects).tally)
    var state = ObjectBackupState(settings)
    state.listed(tally, listing, at: now, .init(nanoseconds: 0))
    let readings = state.readings(at: now)
    #expect(value(readings, BackupFamilies.lastSuccess) == (now - .seconds(300)).seconds)
    #expect(value(readings, BackupFamilies.lastAttempt) == now.seconds)
    #expect(value(readings, BackupFamilies.lastSize) == 30)
    #expect(value(readings, BackupFamilies.retained) == 25)
    #expect(value(readings, BackupFamilies.rejected, ["reason": "members_missing"]) == 1)

    var wrong = ObjectListing(settings)
    let page = ListingPage(entries: [member(1, "data.tar"), member(2, "data.tar")], next: nil)
    guard case .failed(.protocolError, _) = wrong.take(page, now: now) else {
      Issue.record("members in no order")
      return
    }
  }

  @Test func clocksAndCopiesAreTold() throws {
    // The store's clock is an hour ahead, and a copy rewrote the time of one.
    var objects = (1...8).map { dump($0) }
    for place in objects.indices {
      objects[place].modified = objects[place].modified.map { $0 + .seconds(3600) }
    }
    objects[7].modified = now + .seconds(3600)
    var listing = ObjectListing(try settings())
    var page = ListingPage(entries: objects.sorted { $0.name < $1.name }, next: nil)
    page.clockOffset = .seconds(3600)
    guard case .done(let tally) = listing.take(page, now: now) else {
      Issue.record("not done")
      return
    }
    var state = ObjectBackupState(try settings())
    state.listed(tally, listing, at: now, .init(nanoseconds: 0))
    let readings = state.readings(at: now)
    #expect(value(readings, BackupFamilies.storeClockOffset) == 3600)
    #expect(value(readings, BackupFamilies.clockSkew) == 0)
    #expect(value(readings, BackupFamilies.timeDisagreements) == 1)
    #expect(value(readings, BackupFamilies.lastSuccess) == (now - .seconds(300)).seconds)
  }

  @Test func archivedAndUnfinishedAreTold() throws {
    var objects = [dump(1), dump(2), dump(3)]
    objects[0].isArchived = true
    objects[1].isUncommitted = true
    objects[1].modified = nil
    let settings = try settings { $0.verify.trailer = .mysqldump }
    let listing = ObjectListing(settings)
    let tally = try #require(run(listing, objects).tally)
    #expect(tally.uncommitted == 1)
    var state = ObjectBackupState(settings)
    state.listed(tally, listing, at: now, .init(nanoseconds: 0))
    // What has to be thawed cannot be read, and so never counts as checked.
    let (wanted, _) = state.unverified(at: now)
    #expect(wanted.map(\.modified) == [now - .seconds(900)])
    state.learnt(.good, of: wanted[0])
    let readings = state.readings(at: now)
    #expect(value(readings, BackupFamilies.archived) == 1)
    #expect(value(readings, BackupFamilies.lastArchived) == 0)
    #expect(value(readings, BackupFamilies.lastSuccess) == (now - .seconds(900)).seconds)
    #expect(value(readings, BackupFamilies.unverified) == 1)
  }
}

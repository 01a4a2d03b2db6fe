import CloudAccess
import Collecting
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Testing

@testable import Replication

private let now = Timestamp(year: 2026, month: 6, day: 15, hour: 12)

private func object(_ name: String, age: Int, size: UInt64 = 10) -> ObjectEntry {
  ObjectEntry(name: name, size: size, modified: now - .seconds(age), version: "v")
}

/// Compares two lists as stores would show them, in small pages.
private func compare(
  _ source: [ObjectEntry], _ target: [ObjectEntry], page size: Int = 3, limit: Int = 1000
) -> (found: ObjectComparison.Found?, failure: FailureReason?) {
  var comparison = ObjectComparison(sourcePrefix: "a/", targetPrefix: "copy/", limit: limit)
  var step = comparison.first
  while true {
    switch step {
    case .done: return (comparison.found, nil)
    case .failed(let reason, _): return (nil, reason)
    case .ask(let side, let query):
      let all = (side == .source ? source : target).map { entry in
        var entry = entry
        entry.name = query.prefix + entry.name
        return entry
      }.sorted { byteOrder($0.name, $1.name) }
      let left = all.filter { query.continuation == nil || byteOrder(query.continuation ?? "", $0.name) }
      var page = ListingPage(entries: Array(left.prefix(size)), next: nil)
      if left.count > size { page.next = page.entries.last?.name }
      step = comparison.take(page, of: side)
    }
  }
}

@Suite struct ObjectComparisonTests {
  @Test func randomSetsAreComparedAsSetsAre() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<80 {
      var source: [ObjectEntry] = []
      var target: [ObjectEntry] = []
      var missing: [ObjectEntry] = []
      for number in 0..<Int.random(in: 0..<40, using: &random) {
        let name = random.pick(["x", "y/", "z-"]) + "\(number)"
        let entry = object(name, age: Int.random(in: 0..<9000, using: &random))
        var copy = entry
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
          source.append(entry)
          missing.append(entry)
        case 1: target.append(entry)
        case 2:
          copy.size = 9
          source.append(entry)
          target.append(copy)
          missing.append(entry)
        case 3:
          copy.modified = entry.modified.map { $0 - .seconds(60) }
          source.append(entry)
          target.append(copy)
          missing.append(entry)
        default:
          copy.modified = entry.modified.map { $0 + .seconds(60) }
          source.append(entry)
          target.append(copy)
        }
      }
      let found = compare(source, target, page: Int.random(in: 1...7, using: &random)).found
      #expect(found?.objects == source.count && found?.missing == missing.count, "seed \(seed)")
      #expect(found?.oldestMissing == missing.compactMap(\.modified).min(), "seed \(seed)")
      #expect(found?.newestSource == source.compactMap(\.modified).max(), "seed \(seed)")
    }
  }

  @Test func limitsAndDisorderAreTold() {
    let many = (0..<20).map { object(padded($0, 2), age: $0) }
    #expect(compare(many, many, limit: 19).failure == .limit)
    var comparison = ObjectComparison(sourcePrefix: "", targetPrefix: "", limit: 10)
    let disorder = ListingPage(entries: [object("b", age: 0), object("a", age: 0)], next: nil)
    guard case .failed(.protocolError, _) = comparison.take(disorder, of: .source) else {
      Issue.record("disorder")
      return
    }
    var circle = ObjectComparison(sourcePrefix: "", targetPrefix: "", limit: 10)
    _ = circle.take(ListingPage(entries: [], next: "x"), of: .source)
    guard case .failed(.protocolError, _) = circle.take(ListingPage(entries: [], next: "x"), of: .source)
    else {
      Issue.record("a circle")
      return
    }
  }
}

@Suite struct ObjectStoreLinkStateTests {
  private static func state() throws -> ObjectStoreLinkState {
    let place = StorePlace.s3(S3Place(bucket: "b", access: .anonymous))
    return ObjectStoreLinkState(
      try ObjectStoreLinkSettings(
        link: "l", source: .init(region: "r", place: place), targets: [.init(region: "s", place: place)],
        rpo: .seconds(900)))
  }

  private static func found(missing age: Int? = nil, _ name: String = "x") -> ObjectComparison.Found {
    var found = ObjectComparison.Found()
    found.objects = 5
    found.missing = age == nil ? 0 : 1
    found.oldestMissing = age.map { now - .seconds($0) }
    found.oldestMissingName = age == nil ? nil : name
    return found
  }

  private static func point(_ state: ObjectStoreLinkState) -> Double? {
    state.readings.first { $0.family == ReplicationFamilies.recoveryPoint }?.value
  }

  @Test func theRecoveryPointIsTheOldestThatIsMissing() throws {
    var state = try Self.state()
    #expect(Self.point(state) == nil)
    state.compared(Self.found(missing: 600), "s", began: now)
    #expect(Self.point(state) == (now - .seconds(600)).seconds)
    state.compared(Self.found(), "s", began: now + .seconds(60))
    #expect(Self.point(state) == (now + .seconds(60)).seconds)
    // Silence moves nothing, and says so.
    state.failed(.timeout, "no answer", "s")
    #expect(Self.point(state) == (now + .seconds(60)).seconds)
    #expect(state.readings.first { $0.family == ReplicationFamilies.up }?.value == 0)
    #expect(state.readings.first { $0.family == ObjectStoreLinkFamilies.missing } == nil)
    #expect(state.verdict == .failure(.timeout, detail: "target s: no answer"))
  }

  /// An emptied source, or a prefix that is wrong, is no perfect copy.
  @Test func anEmptySourceProvesNothing() throws {
    var state = try Self.state()
    state.compared(Self.found(), "s", began: now)
    state.compared(ObjectComparison.Found(), "s", began: now + .seconds(60))
    #expect(Self.point(state) == now.seconds)
    #expect(state.readings.first { $0.family == ReplicationFamilies.up }?.value == 0)
    guard case .failure(.missing, _) = state.verdict else {
      Issue.record("\(state.verdict)")
      return
    }
  }

  @Test func whatWasDeletedBetweenTwoQuestionsSetsNothingBack() throws {
    var state = try Self.state()
    state.compared(Self.found(), "s", began: now)
    state.compared(Self.found(missing: 5000, "gone"), "s", began: now + .seconds(60))
    #expect(Self.point(state) == now.seconds)
    state.compared(Self.found(), "s", began: now + .seconds(120))
    #expect(Self.point(state) == (now + .seconds(120)).seconds)
    // Twice the same is a loss.
    state.compared(Self.found(missing: 5000, "lost"), "s", began: now + .seconds(180))
    state.compared(Self.found(missing: 5000, "lost"), "s", began: now + .seconds(240))
    #expect(Self.point(state) == (now - .seconds(5000)).seconds)
  }
}

/// Two buckets of moto.
@Suite struct ObjectStoreLinkCollectorTests {
  @Test func aCopyThatLagsIsMeasured() async throws {
    let moto = try await MotoBucket(
      """
      for i in range(30): s3.put_object(Bucket='backups', Key=f'in-{i:02}', Body=b'x' * 10)
      for i in range(30):
        if i != 17: s3.put_object(Bucket='copies', Key=f'in-{i:02}', Body=b'x' * (10 if i != 21 else 4))
      s3.put_object(Bucket='copies', Key='in-extra', Body=b'x')
      """)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let id = try folder.write("id", moto.reader.id)
    let secret = try folder.write("secret", moto.reader.secret)
    func node(_ region: String, _ bucket: String) -> ObjectStoreLinkSettings.Node {
      .init(
        region: region,
        place: .s3(
          S3Place(
            bucket: bucket, region: "eu-central-1",
            access: .key(id: .file(id), secret: .file(secret), token: nil), endpoint: moto.endpoint)),
        prefix: "in-")
    }
    let settings = try ObjectStoreLinkSettings(
      link: "l", source: node("r", "backups"), targets: [node("s", "copies"), node("t", "nowhere")],
      rpo: .seconds(60), timeout: .seconds(10))
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let collector = try settings.makeCollector(clients)
    let outcome = await withCheckedContinuation { waiting in
      collector.collect { waiting.resume(returning: $0) }
    }
    func value(_ family: MetricFamily, _ target: String) -> Double? {
      let labels = settings.basics.labels(target: target, engine: "object_store")
      return outcome.readings.first { $0.family == family && $0.labels == labels }?.value
    }
    #expect(outcome.reason == .missing, "\(outcome.verdict)")
    #expect(value(ReplicationFamilies.up, "s") == 1 && value(ReplicationFamilies.up, "t") == 0)
    #expect(value(ObjectStoreLinkFamilies.missing, "s") == 2)
    #expect(value(ObjectStoreLinkFamilies.missingBytes, "s") == 20)
    #expect(value(ObjectStoreLinkFamilies.objects, "s") == 30)
    let point = try #require(value(ReplicationFamilies.recoveryPoint, "s"))
    #expect(point <= outcome.startedAt.seconds && point > outcome.startedAt.seconds - 60)
    #expect(value(ReplicationFamilies.recoveryPoint, "t") == nil)
    #expect(value(ReplicationFamilies.objective, "t") == 60)
  }
}

import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Paging

/// The book beside a real Alertmanager: the same orders give the same answers and the same silences.
@Suite struct AlertmanagerSilenceTests {
  private struct Alertmanager {
    let process: ChildProcess
    let url: String
    let directory: TemporaryDirectory

    init() async throws {
      directory = try TemporaryDirectory("farwatch-alertmanager")
      try directory.write("alertmanager.yml", "route: {receiver: r}\nreceivers: [{name: r}]\n")
      let port = try freeLoopbackPort()
      let url = "http://127.0.0.1:\(port)/api/v2"
      self.url = url
      let process = try ChildProcess([
        "prometheus-alertmanager", "--config.file=\(directory.file("alertmanager.yml"))",
        "--storage.path=\(directory.file("data"))", "--web.listen-address=127.0.0.1:\(port)",
        "--cluster.listen-address=",
      ])
      self.process = process
      try await waitUntil("Alertmanager is ready") {
        (try? await ChildProcess.run(["curl", "-sf", "\(url)/status"])) != nil
      }
    }

    /// Status code and body.
    func ask(_ arguments: [String]) async throws -> (code: Int, body: String) {
      let output = try await ChildProcess.run(["curl", "-s", "-w", "\n%{http_code}"] + arguments)
      let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
      return (try #require(Int(lines.last ?? "")), lines.dropLast().joined(separator: "\n"))
    }

    /// State and start by id.
    func silences() async throws -> [String: (state: String, startsAt: Timestamp)] {
      struct Shown: Decodable {
        struct Status: Decodable { var state: String }
        var id: String
        var status: Status
        var startsAt: String
      }
      let shown = try JSONDecoder().decode(
        [Shown].self, from: Data(try await ask(["\(url)/silences"]).body.utf8))
      return try shown.reduce(into: [:]) {
        $0[$1.id] = ($1.status.state, try #require(Timestamp(rfc3339: $1.startsAt)))
      }
    }
  }

  private func body(_ draft: SilenceDraft, id: String, startsAt: Timestamp) -> String {
    let matchers = draft.matchers.map { matcher in
      let isRegex = matcher.kind == .regex || matcher.kind == .notRegex
      let isEqual = matcher.kind == .equal || matcher.kind == .regex
      return
        "{\"name\":\"\(matcher.name)\",\"value\":\"\(matcher.text)\",\"isRegex\":\(isRegex),\"isEqual\":\(isEqual)}"
    }
    return
      "{\"id\":\"\(id)\",\"matchers\":[\(matchers.joined(separator: ","))],\"startsAt\":\"\(startsAt.iso8601)\","
      + "\"endsAt\":\"\(draft.endsAt.iso8601)\",\"createdBy\":\"\(draft.createdBy)\",\"comment\":\"\(draft.comment)\"}"
  }

  @Test func anyOrdersHaveTheSameEffect() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let server = try await Alertmanager()
    defer { server.process.stop() }
    var book = SilenceBook(random: SeededNumbers(seed: seed))
    /// Theirs by ours.
    var names: [String: String] = [:]
    var (taken, refused, replaced, kept) = (0, 0, 0, 0)
    for step in 0..<50 {
      let now = SystemTime().now
      let old =
        random.chance(60) ? names.keys.sorted().randomElement(using: &random).flatMap { book[$0] } : nil
      if let old, old.state(at: now) != .expired, random.chance(15) {
        _ = try book.expire(id: old.id, now: now)
        #expect(
          try await server.ask(["-X", "DELETE", "\(server.url)/silence/\(names[old.id] ?? "")"]).code == 200)
        continue
      }
      // 0.25 expires the old silence before it refuses matchers that take everything: not asked.
      let hours = { (count: Int) in Duration.seconds(count * 3600) }
      var draft = SilenceDraft(
        id: old?.id ?? "",
        matchers: try MatcherText.parseList(
          random.pick(["a=b", "a=~b.*,c!=d", "a!=b"] + (old == nil ? ["a=~.*"] : []))),
        startsAt: now + hours(Int.random(in: -2...2, using: &random) * 2 - 1),
        endsAt: now + hours(random.pick([-2, 4, 6, 2])),
        createdBy: random.pick(["ann", ""]), comment: random.pick(["why", ""]))
      var theirStart = draft.startsAt ?? now
      if let old, random.chance(70) {
        // What an operator's client sends: what it was shown, with another end.
        draft.startsAt = old.startsAt
        theirStart = try #require(try await server.silences()[names[old.id] ?? ""]).startsAt
        if random.chance(80) { draft.matchers = old.matchers }
      }
      if random.chance(5) { draft.id = "unknown" }
      let theirID = draft.id == "unknown" ? "6a1bd4f0-0000-4000-8000-000000000000" : names[draft.id] ?? ""
      let answer = try await server.ask([
        "-H", "Content-Type: application/json", "-d", body(draft, id: theirID, startsAt: theirStart),
        "\(server.url)/silences",
      ])
      do throws(SilenceProblem) {
        let id = try book.set(draft, now: SystemTime().now).id
        let found = answer.body.firstMatch(of: /"silenceID":"([^"]+)"/).map { String($0.1) }
        guard answer.code == 200, let found else {
          Issue.record("seed \(seed), step \(step): they refuse \(draft): \(answer)")
          return
        }
        #expect(
          (id == draft.id) == (found == theirID),
          "seed \(seed), step \(step): \(draft) \(String(describing: old)) \(theirStart.iso8601)")
        names[id] = found
        taken += 1
        if old != nil, id == draft.id { kept += 1 } else if old != nil { replaced += 1 }
      } catch {
        refused += 1
        // Which of two faults is told of first differs from version to version.
        let expected =
          if case .notFound = error { [404] } else { draft.id == "unknown" ? [400, 404] : [400] }
        #expect(
          expected.contains(answer.code), "seed \(seed), step \(step): \(error) but \(answer) to \(draft)")
      }
    }
    let shown = try await server.silences()
    #expect(shown.count == book.count, "seed \(seed)")
    let now = SystemTime().now
    for silence in book.all {
      #expect(
        shown[names[silence.id] ?? ""]?.state == silence.state(at: now).rawValue, "seed \(seed): \(silence)")
    }
    #expect(
      taken > 5 && refused > 3 && replaced + kept > 2, "seed \(seed): \(taken) \(refused) \(replaced) \(kept)"
    )
  }
}

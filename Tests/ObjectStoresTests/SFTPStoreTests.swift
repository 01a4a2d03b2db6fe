import FarwatchTesting
import Foundation
import Model
import Testing

@testable import ObjectStores

/// Listing and reading a directory of a real sshd.
@Suite struct SFTPStoreTests {
  private func place(_ server: SSHServer, _ path: String = "dumps") -> SFTPPlace {
    var place = SFTPPlace(
      host: "127.0.0.1", user: server.user, path: "\(server.folder.path)/\(path)", keyFile: server.keyFile,
      knownHostsFile: server.knownHostsFile)
    place.port = server.port
    return place
  }

  private func store(_ place: SFTPPlace) -> any ObjectStore {
    StorePlace.sftp(place).store(StoreTransport(userAgent: "test"))
  }

  @Test func filesHaveExactTimesAndAreReadInParts() async throws {
    let server = try await SSHServer()
    defer { server.stop() }
    let dumps = "\(server.folder.path)/dumps"
    try await ChildProcess.run(
      [
        "sh", "-c",
        "mkdir \(dumps); cd \(dumps); for i in $(seq 1 1500); do echo $i > f$i.gz; done; mkdir f9; ln -s f1.gz flink; "
          + "head -c 100000 /dev/zero > f.big; printf tail >> f.big; touch -d '2024-02-03 04:05:06 UTC' f7.gz 'f ü.gz'",
      ])
    let store = store(place(server))
    let (entries, pages) = try await store.all(PageQuery(prefix: "f"))
    #expect(entries.count == 1504 && pages == 2)
    #expect(entries.count { $0.isFolder } == 2)
    let seven = try #require(entries.first { $0.name == "f7.gz" })
    #expect(seven.modified == Timestamp(year: 2024, month: 2, day: 3, hour: 4, minute: 5, second: 6))
    #expect(seven.size == 2)
    #expect(entries.contains { $0.name == "f ü.gz" })
    let big = try #require(entries.first { $0.name == "f.big" })
    #expect(try await store.bytes(big, 99_998..<100_004).get() == [0, 0] + Array("tail".utf8))
    #expect(try await store.bytes(big, 0..<100_004).get().count == 100_004)
    try await ChildProcess.run(["sh", "-c", "echo more >> \(dumps)/f.big"])
    guard case .failure(let failure) = await store.bytes(big, 0..<4) else {
      Issue.record("a changed file was read")
      return
    }
    #expect(failure.hasChanged)
    // One file is looked up without listing; one that is not there is no failure.
    #expect(try await store.page(PageQuery(prefix: "f7.gz", limit: 1)).get().entries == [seven])
    #expect(try await store.page(PageQuery(prefix: "none", limit: 1)).get().entries.isEmpty)
    // The connection is used again after a refusal, and made anew after it broke.
    #expect(try await store.all(PageQuery(prefix: "f7")).entries.count == 1 + 10 + 100)
  }

  @Test func strangersAreNotTrustedEitherWay() async throws {
    let server = try await SSHServer()
    defer { server.stop() }
    var stranger = place(server)
    stranger.knownHostsFile = try server.folder.write(
      "others",
      "[127.0.0.1]:\(server.port) "
        + (try String(contentsOfFile: server.strangersKeyFile + ".pub", encoding: .utf8)))
    let unknown = await store(stranger).page(PageQuery(prefix: ""))
    #expect(unknown.reason == .certificateInvalid, "\(unknown)")
    var wrong = place(server)
    wrong.keyFile = server.strangersKeyFile
    let refused = await store(wrong).page(PageQuery(prefix: ""))
    #expect(refused.reason == .authentication, "\(refused)")
    let missing = await store(place(server, "nowhere")).page(PageQuery(prefix: ""))
    #expect(missing.reason == .missing, "\(missing)")
    var closed = place(server)
    closed.port = try freeLoopbackPort()
    let none = await store(closed).page(PageQuery(prefix: ""))
    #expect(none.reason == .refused, "\(none)")
    var noProgram = place(server)
    noProgram.program = "/nowhere/ssh"
    let absent = await store(noProgram).page(PageQuery(prefix: ""))
    #expect(absent.reason == .missing && absent.detail.contains("ssh does not run"), "\(absent)")
    let silent = try LoopbackServer { _ in [.hang] }
    defer { silent.stop() }
    var hanging = place(server)
    hanging.port = silent.port
    let hung = await store(hanging).page(PageQuery(prefix: ""), timeout: .milliseconds(600))
    #expect(hung.reason == .timeout, "\(hung)")
  }

  @Test func wildMessagesDoNoHarm() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
        random.chance(50) ? UInt8(0) : UInt8.random(in: 0...255, using: &random)
      }
      if random.chance(50) { bytes = [0x80, 0, 0, 0x0f] + bytes }
      var reader = SFTPMessage.Reader(bytes)
      while let found = try? reader.attributes() { #expect(found.size != 1 << 63 || bytes.count > 12) }
      var texts = SFTPMessage.Reader(bytes)
      while (try? texts.text()) != nil {}
    }
  }
}

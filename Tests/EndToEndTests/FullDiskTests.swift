import FarwatchTesting
import Foundation
import Testing

/// The disk of the state is full while alerts fire.
@Suite(.serialized) struct FullDiskTests {
  private static func shell(_ command: String) -> Bool {
    guard let child = try? ChildProcess(["sh", "-c", command], output: .discarded) else { return false }
    while child.poll() == nil { usleep(1000) }
    return child.poll() == .code(0)
  }

  private static let mayMount: Bool = {
    guard getuid() == 0, let directory = try? TemporaryDirectory("farwatch-mount"),
      shell("mount -t tmpfs -o size=1m tmpfs '\(directory.path)'")
    else { return false }
    return shell("umount '\(directory.path)'")
  }()

  @Test(.enabled(if: mayMount, "needs a small file system of its own: root"), .timeLimit(.minutes(4)))
  func aPageGoesOutAndWhatIsNotDurableIsSaid() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let (taiwan, japan) = (fleet.regions[0], fleet.regions[1])
    let state = fleet.directory.file("state")
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    #expect(Self.shell("mount -t tmpfs -o size=6m,mode=0700 tmpfs '\(state)'"))
    defer { _ = Self.shell("umount -l '\(state)'") }
    var daemon = try await fleet.runConfirmed()
    defer { daemon.child.stop() }
    japan.down()
    try await fleet.expectPages(japan, ["ALARM"])

    #expect(Self.shell("dd if=/dev/zero of='\(state)/ballast' bs=1k count=20000; true"))
    // What the database has room for in its own files is durable all the same: until that is used up.
    var expected: [String] = []
    for round in 0..<40 {
      if round % 2 == 0 { taiwan.down() } else { try taiwan.up() }
      expected.append(round % 2 == 0 ? "ALARM" : "OK")
      try await fleet.expectPages(taiwan, expected)
      if await daemon.metric("farwatch_pages_undurable_total") ?? 0 > 0 { break }
    }
    #expect(await daemon.metric("farwatch_pages_undurable_total") ?? 0 > 0, "\(fleet.log)")
    let log = try String(contentsOfFile: fleet.log, encoding: .utf8)
    #expect(log.contains("pages are sent without being stored"))
    #expect(log.contains("state could not be made durable"))

    // With room again it recovers by itself, and a death after that repeats and loses nothing.
    #expect(Self.shell("rm '\(state)/ballast'"))
    let firing = Set(expected.last == "ALARM" ? ["japan", "taiwan"] : ["japan"])
    try await waitUntil(timeout: .seconds(60), "the state is durable again; \(fleet.log)") {
      guard let stored = try? await StoredState.read(fleet.directory) else { return false }
      return stored.outbox.isEmpty && Set(stored.firing.compactMap(\.region)) == firing
    }
    try await daemon.kill()
    daemon = try await fleet.run()
    try await daemon.becomeReady()
    try japan.up()
    try await fleet.expectPages(japan, ["ALARM", "OK"])
    if expected.last == "ALARM" {
      try taiwan.up()
      expected.append("OK")
    }
    try await fleet.expectPages(taiwan, expected)
  }
}

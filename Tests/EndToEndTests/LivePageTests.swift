import FarwatchTesting
import Foundation
import Testing

/// The status page of a real daemon in a real browser, through a bad day.
@Suite(.serialized) struct LivePageTests {
  @Test(.timeLimit(.minutes(8))) func aPersonSeesTheDayAndActsOnIt() async throws {
    let world = try PagingWorld("taiwan", "japan")
    try world.configure("routes: [{topic: pager, match: {severity: page}}]")
    var daemon = try await world.run()
    defer { daemon.child.stop() }
    let signs = try TemporaryDirectory("farwatch-signs")
    let browser = Task {
      defer { _ = try? signs.write("ended", "") }
      return try await Chromium.run(PageSteps.aBadDay, [world.url, signs.path], timeout: .seconds(400))
    }
    func isThere(_ sign: String) -> Bool { FileManager.default.fileExists(atPath: signs.file(sign)) }
    /// The browser's step that has come.
    func arrive(_ sign: String) async throws {
      try await waitUntil(timeout: .seconds(300), every: .milliseconds(20), "the browser is at \(sign)") {
        isThere(sign) || isThere("ended")
      }
      if !isThere(sign) { throw BenchError("the browser has ended before \(sign)") }
    }
    do {
      try await arrive("down")
      try await waitUntil(timeout: .seconds(60), every: .milliseconds(100), "the page follows the events") {
        await daemon.series("farwatch_event_streams") ?? 0 >= 1
      }
      world.regions[0].down()
      try await waitUntil(timeout: .seconds(60), "it is paged; \(world.log)") { !world.pages().isEmpty }
      try signs.write(".link", try #require(world.pages().first?.acknowledgeURL))
      try FileManager.default.moveItem(atPath: signs.file(".link"), toPath: signs.file("link"))
      try await arrive("kill")
      try await daemon.kill()
      daemon = try await world.run()
      try signs.write("back", "")
      try await arrive("up")
      try world.regions[0].up()
    } catch {
      // What the browser says is the better reason. Its steps end, whatever happens.
      _ = try await browser.value
      throw error
    }
    #expect(try await browser.value.contains("sound"))
    try keepPictures(signs)
  }

  /// FARWATCH_SCREENSHOTS names a folder for them.
  private func keepPictures(_ signs: TemporaryDirectory) throws {
    guard let folder = ProcessInfo.processInfo.environment["FARWATCH_SCREENSHOTS"] else { return }
    for name in ["desktop.png", "phone.png"] {
      let target = "\(folder)/live-\(name)"
      try? FileManager.default.removeItem(atPath: target)
      try FileManager.default.copyItem(atPath: signs.file(name), toPath: target)
    }
  }
}

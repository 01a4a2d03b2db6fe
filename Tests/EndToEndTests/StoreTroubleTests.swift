import FarwatchTesting
import Foundation
import Testing

/// What an operator hears when the files of the samples are in trouble.
@Suite(.serialized) struct StoreTroubleTests {
  @Test(.timeLimit(.minutes(3))) func troubleWithTheFilesIsLoggedAndShown() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    let daemon = try await fleet.run()
    let samples = fleet.directory.file("state/samples")
    func logged(_ text: String) -> Bool {
      (try? String(contentsOfFile: fleet.log, encoding: .utf8))?.contains(text) ?? false
    }
    func onPage(_ text: String) async -> Bool { await daemon.get("/")?.body.contains(text) ?? false }

    try await waitUntil(timeout: .seconds(30), "there is a journal") {
      (try? FileManager.default.contentsOfDirectory(atPath: samples))?.contains("catalogue") ?? false
    }
    try FileManager.default.removeItem(atPath: samples)
    try await waitUntil(timeout: .seconds(30), "the loss is logged; \(fleet.log)") {
      logged("journal was removed while in use")
    }
    #expect(FileManager.default.fileExists(atPath: samples))
    #expect(await onPage("were damaged"))

    // A file in the way: nothing can be written, root or not.
    try await waitUntil("the daemon does not come in between") {
      try? FileManager.default.removeItem(atPath: samples)
      return FileManager.default.createFile(atPath: samples, contents: nil)
    }
    try await waitUntil(timeout: .seconds(30), "failing is logged; \(fleet.log)") {
      logged("samples are in memory only")
    }
    #expect(await onPage("Samples are kept in memory only"))
    try FileManager.default.removeItem(atPath: samples)
    try await waitUntil(timeout: .seconds(30), "its end is logged; \(fleet.log)") {
      logged("samples are written again")
    }
    #expect(await !onPage("Samples are kept in memory only"))
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }
}

import FarwatchTesting
import Foundation
import Testing

/// What is installed beside the program.
@Suite struct PackagingTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func everyCommandAndOptionIsInTheManual() async throws {
    let page = try await ChildProcess.run([FarwatchProcess.binary, "manual"])
    let dump = try await ChildProcess.run([FarwatchProcess.binary, "--experimental-dump-help"])
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any])["command"]
    var commands = 0
    var options = 0
    func check(_ command: [String: Any]) {
      let name = command["commandName"] as? String ?? ""
      let subcommands = command["subcommands"] as? [[String: Any]] ?? []
      let path = ((command["superCommands"] as? [String] ?? []) + [name]).joined(separator: " ")
      if name == "help" { return }
      if subcommands.isEmpty {
        commands += 1
        #expect(page.contains(".SS \"\(path.replacing("-", with: "\\-"))\"\n"), "\(path)")
        for argument in command["arguments"] as? [[String: Any]] ?? [] {
          for spelling in argument["names"] as? [[String: Any]] ?? []
          where spelling["kind"] as? String == "long" {
            options += 1
            let words = "\\-\\-" + (spelling["name"] as? String ?? "").replacing("-", with: "\\-")
            #expect(page.contains(words), "\(path) \(words)")
          }
        }
      }
      for subcommand in subcommands { check(subcommand) }
    }
    check(try #require(root as? [String: Any]))
    #expect(commands > 15 && options > 50)
    let folder = try TemporaryDirectory()
    let file = try folder.write("farwatch.1", page)
    let faults = try await ChildProcess.run(
      [
        "sh", "-c",
        "man --warnings -E UTF-8 -l -Tutf8 -Z \"$0\" 2>&1 >/dev/null; mandoc -T lint -W error \"$0\"", file,
      ], environment: ["LC_ALL": "C.UTF-8", "MANWIDTH": "80"])
    #expect(faults.isEmpty, "\(faults)")
    let read = try await ChildProcess.run(
      ["sh", "-c", "mandoc -T utf8 \"$0\" | col -b", file], environment: ["LC_ALL": "C.UTF-8"])
    for words in ["farwatch status [--json]", "NO_COLOR", "SIGHUP", "/etc/farwatch/farwatch.yml"] {
      #expect(read.contains(words), "\(words)")
    }
  }

  @Test func theUnitIsNarrowAndNoticedWhenItIsNot() async throws {
    let checker = Self.root.appending(path: "packaging/check-unit").path
    let unit = Self.root.appending(path: "packaging/farwatch.service")
    #expect(try await ChildProcess.run([checker, unit.path]).isEmpty)
    let folder = try TemporaryDirectory()
    let text = try String(contentsOf: unit, encoding: .utf8)
    for wide in [
      text.replacingOccurrences(of: "PrivateUsers=yes", with: "").replacingOccurrences(
        of: "CapabilityBoundingSet=\n", with: ""),
      text.replacingOccurrences(of: "UMask", with: "Mask"),
    ] {
      let child = try ChildProcess([checker, folder.write("farwatch.service", wide)])
      #expect(try await child.wait() == .code(1), "\(child.output)")
    }
  }
}

import ArgumentParser
import FarwatchApp
import ManualPage

struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the manual page, as `make install` installs it.",
    discussion: "For example: farwatch manual | man -l -")

  func run() throws {
    guard let page = ManualPage.text(dump: Farwatch._dumpHelp(), version: Version.text) else {
      throw CommandFailure(lines: ["the commands' own description cannot be read"])
    }
    print(page, terminator: "")
  }
}
